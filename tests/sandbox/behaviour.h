// What the sandbox does for one login: how the customer decides, and what goes wrong at which
// endpoint. It is plain data, so that the whole of what a test number does stands on one line of
// test_numbers.cc.

#ifndef CIBAD_TESTS_SANDBOX_BEHAVIOUR_H_
#define CIBAD_TESTS_SANDBOX_BEHAVIOUR_H_

#include <limits>

#include "absl/time/time.h"

namespace cibad {

enum class Decision {
  kByHand,  // waits for POST /sandbox/…/approve or /deny
  kApprove,
  kDeny,
  kNever,  // stays silent until the login expires, whatever is posted
};

// How an answer travels.
enum class Delivery {
  kWhole,
  kDropped,  // the connection is closed after the request was read, before any byte of the answer
  kCut,      // the connection is closed in the middle of the answer's body
};

enum class FailureBody {
  kOAuthError,   // JSON with `error` and/or `error_code`
  kProblemJson,  // RFC 7807, as other Vipps APIs answer
  kGateway,      // of the gateway that stands before Vipps' APIs and refuses by itself
  kHtmlPage,     // what a proxy in between says
  kNothing,
};

struct RetryAfter {
  int seconds = 0;  // 0: no such header
  bool as_http_date = false;
};

constexpr int kEveryTime = std::numeric_limits<int>::max();

// What an endpoint answers instead of the good answer, to a login's first `times` requests.
struct EndpointFailure {
  int times = 0;
  int status = 500;
  const char* error = "";
  const char* error_code = "";
  FailureBody body = FailureBody::kOAuthError;
  RetryAfter retry_after = {};
  Delivery delivery = Delivery::kWhole;
};

enum class Distortion {
  kNone,
  kOptionalMemberMissing,  // harmless
  kOtherSpelling,          // harmless: `member` has `value`, which means the same
  kRequiredMemberMissing,  // from here on the answer must be refused
  kWrongValue,             // `member` has `value`
  kMemberTwice,            // `member` comes again with `value`
  kNotJson,
  kHtmlPage,
  kEmpty,
  kArray,  // the object inside an array
  kTruncated,
  kNotUtf8,
  kHuge,  // valid JSON of 2 MiB
  kDeep,  // valid JSON nested 100,000 deep
};

constexpr bool MustBeRefused(Distortion distortion) {
  return distortion >= Distortion::kRequiredMemberMissing;
}

// What is wrong with the text of a good answer.
struct AnswerFault {
  Distortion distortion = Distortion::kNone;
  const char* member = "";
  const char* value = "";  // JSON
};

struct EndpointBehaviour {
  EndpointFailure failure = {};
  AnswerFault fault = {};                       // of the good answer
  Delivery delivery = Delivery::kWhole;         // of the good answer
  absl::Duration delay = absl::ZeroDuration();  // before every answer
};

enum class IdTokenKind {
  // Good ones.
  kOrdinary,           // RS256
  kEs256,              // by the published EC key
  kNewKey,             // by a key that joins the JWKS at this moment
  kAudienceAsString,   // the ordinary one has an array
  kAuthorizedParty,    // two audiences, and `azp` names the client
  kRightAuthReqId,     // with the claim `auth_req_id`
  kRightAuthReqIdUrn,  // with the claim `urn:openid:params:jwt:claim:auth_req_id`
  kWithoutAuthReqId,   // good in the app, where the ordinary one has none either
  // These two must be refused by partners, who go by the `msn`.
  kOtherMsn,
  kNoMsn,
  // From here on each must be refused, and userinfo must not be called.
  kBadSignature,
  kUnknownKey,
  kKeyInHeader,  // a strange key, sent along in the header as `jwk`
  kAlgorithmNone,
  kHs256WithPublicKey,
  kHs256WithClientSecret,
  kPs256,           // by the published RSA key, but not with the algorithm that it is for
  kRs512,           // the same
  kCriticalHeader,  // `crit` names an extension that nobody knows (RFC 7515, 4.1.11)
  kNotAJws,
  kOtherIssuer,
  kIssuerWithoutSlash,
  kNoIssuer,
  kOtherAudience,
  kNoAudience,
  kAudiencesWithoutAuthorizedParty,
  kOtherAuthorizedParty,
  kExpired,
  kNoExpiry,
  kIssuedAWeekAgo,
  kIssuedInAnHour,
  kNoIssueTime,
  kNoSubject,
  kOtherAuthReqId,
  kOtherAuthReqIdUrn,
};

// Partners check `msn` in place of `aud`. On a web page the ordinary ones have an `auth_req_id`,
// and one without it must be refused.
constexpr bool MustBeRefused(IdTokenKind kind, bool by_partner, bool on_web_page = false) {
  const bool is_about_msn = kind == IdTokenKind::kOtherMsn || kind == IdTokenKind::kNoMsn;
  const bool is_about_audience =
      kind >= IdTokenKind::kOtherAudience && kind <= IdTokenKind::kOtherAuthorizedParty;
  if (is_about_msn || is_about_audience) return is_about_msn == by_partner;
  if (kind == IdTokenKind::kWithoutAuthReqId) return on_web_page;
  return kind >= IdTokenKind::kBadSignature;
}

// What userinfo says of the customer, where that is not everything in the ordinary way.
enum class ProfileKind {
  kOrdinary,
  kOtherSubject,  // must be refused (OpenID Connect Core 5.3.2)
  kPhoneNumberWithPlus,
  kNoAddress,            // the address is there, with empty strings
  kPlanWithoutNin,       // scopes that the sales unit's plan lacks are dropped silently
  kConsentsGivenBefore,  // delegatedConsents come only the first time
  kUndocumentedMembers   // in the address and the consents; more addresses than three
};

struct Behaviour {
  Decision decision = Decision::kByHand;
  absl::Duration decides_after = absl::ZeroDuration();
  EndpointBehaviour backchannel = {};
  EndpointBehaviour token = {};
  IdTokenKind id_token = IdTokenKind::kOrdinary;
  EndpointBehaviour userinfo = {};
  ProfileKind profile = ProfileKind::kOrdinary;
  bool exists = true;  // to user-exists; the backchannel endpoint has its own opinion
  EndpointBehaviour user_exists = {};
  // Of a login that finishes on a web page.
  absl::Duration code_life = absl::Minutes(2);
  const char* redirect_error = "";  // that the browser brings where the customer approves
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_BEHAVIOUR_H_
