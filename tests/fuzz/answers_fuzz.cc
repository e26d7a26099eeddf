// The provider's answers to a sales unit's requests, but for the customer's claims
// (userinfo_fuzz.cc).

#include <algorithm>
#include <string>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "server/provider/answers.h"
#include "server/provider/failed_answer.h"
#include "server/provider/text_rules.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

constexpr size_t kMostDetailBytes = 2048;

// What is said of an answer that is none goes to logs, and its code to tills.
template <typename Answer>
void CheckFailure(const Outcome<Answer>& outcome) {
  if (const auto* error = std::get_if<ProviderError>(&outcome)) {
    RequireLogText(error->detail, kMostDetailBytes);
    Require(error->code.size() <= 64 &&
                std::all_of(error->code.begin(), error->code.end(),
                            [](unsigned char c) { return absl::ascii_isgraph(c) && c != '<'; }),
            "a code is fit to be shown");
    Require(error->http_status >= 400 && error->http_status < 500, "an error is a 4xx");
  } else if (const auto* invalid = std::get_if<InvalidAnswer>(&outcome)) {
    RequireLogText(invalid->detail, kMostDetailBytes);
  } else if (const auto* none = std::get_if<NoAnswer>(&outcome)) {
    RequireLogText(none->detail, kMostDetailBytes);
  }
}

void RequireLife(absl::Duration life) {
  Require(life >= absl::Seconds(1) && life <= absl::Hours(24), "a life is 1 s to 24 h");
}

void CheckBackchannelAnswer(const HttpResult& result) {
  const Outcome<Acknowledgement> outcome = ReadBackchannelAnswer(result);
  CheckFailure(outcome);
  const auto* answer = std::get_if<Acknowledgement>(&outcome);
  if (answer == nullptr) return;
  Require(IsVisibleAscii(answer->auth_req_id), "an auth_req_id can be sent");
  RequireLife(answer->expires_in);
  RequireLife(answer->interval);
}

void CheckTokenAnswer(const HttpResult& result) {
  const Outcome<TokenAnswer> outcome = ReadTokenAnswer(result);
  CheckFailure(outcome);
  const auto* answer = std::get_if<TokenAnswer>(&outcome);
  if (answer == nullptr) return;
  Require(IsVisibleAscii(answer->access_token), "an access token can be sent");
}

void CheckAccessTokenAnswer(const HttpResult& result) {
  const Outcome<AccessToken> outcome = ReadAccessTokenAnswer(result);
  CheckFailure(outcome);
  const auto* answer = std::get_if<AccessToken>(&outcome);
  if (answer == nullptr) return;
  Require(IsVisibleAscii(answer->text.Reveal()), "an access token can be sent");
  RequireLife(answer->life);
}

}  // namespace

void FuzzAnswers(absl::string_view input) {
  const HttpResult result = AnswerOf(input);
  CheckBackchannelAnswer(result);
  CheckTokenAnswer(result);
  CheckAccessTokenAnswer(result);
  CheckFailure(ReadUserExistsAnswer(result));
}

}  // namespace cibad::fuzz
