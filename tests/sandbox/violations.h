// What a client can do wrong towards the sandbox, and how often it did.

#ifndef CIBAD_TESTS_SANDBOX_VIOLATIONS_H_
#define CIBAD_TESTS_SANDBOX_VIOLATIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace cibad {

enum class Violation {
  // Of one login.
  kEarlyPoll,  // CIBA 10.1: sooner than `interval` after the poll before, or the acknowledgement
  kOverlappingPoll,     // CIBA 10.1: while another poll of the login was unanswered
  kPollAfterEnd,        // CIBA 11: after an error that ends it, or without a usable acknowledgement
  kPollAfterExpiry,     // the time that the acknowledgement gave is over
  kSecondTokenRequest,  // after the tokens were given
  kIgnoredRetryAfter,   // CIBA 10.1, RFC 9110 10.2.3: a poll or userinfo before `Retry-After` is
                        // over
  kUserinfoAfterRefusal,  // OpenID Connect Core 3.1.3.7: with the access token of a wrong ID token
  kPollOfWebPageLogin,    // one that finishes on a web page is not polled for
  kCodeUsedTwice,         // a code is good for one exchange, whatever became of its answer
  // Of a request.
  kClientAuthentication,  // missing, wrong, of the wrong kind, or two at once
  kMalformedRequest,      // method, content type, form encoding, or a parameter that CIBA or Vipps
                          // refuses
  kMerchantSerialNumber,  // the header is missing or names another sales unit
  kLongSystemHeader,      // a Vipps-System-* header of more than 30 characters
  kSubscriptionKey,       // userinfo with Ocp-Apim-Subscription-Key
};

constexpr std::array<absl::string_view, 14> kViolationNames = {
    "early_polls",
    "overlapping_polls",
    "polls_after_end",
    "polls_after_expiry",
    "second_token_requests",
    "retries_before_retry_after",
    "userinfo_after_refused_id_token",
    "polls_of_web_page_logins",
    "codes_used_twice",
    "client_authentication_failures",
    "malformed_requests",
    "merchant_serial_number_failures",
    "long_system_headers",
    "subscription_keys_at_userinfo",
};

// The first so many concern one login; the others concern a request, whose login may be unknown.
constexpr size_t kLoginViolations = 9;

class Violations {
 public:
  void Count(Violation violation) { ++counts_[static_cast<size_t>(violation)]; }
  int64_t Of(Violation violation) const { return counts_[static_cast<size_t>(violation)]; }
  int64_t Of(size_t violation) const { return counts_[violation]; }
  void Set(size_t violation, int64_t count) { counts_[violation] = count; }
  int64_t Total() const {
    int64_t total = 0;
    for (const int64_t count : counts_) total += count;
    return total;
  }

 private:
  std::array<int64_t, kViolationNames.size()> counts_{};
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_VIOLATIONS_H_
