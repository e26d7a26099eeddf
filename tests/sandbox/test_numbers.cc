#include "tests/sandbox/test_numbers.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr Decision kApprove = Decision::kApprove;

constexpr EndpointBehaviour Answers(int status, const char* error, const char* error_code = "") {
  return {
      .failure = {.times = kEveryTime, .status = status, .error = error, .error_code = error_code}};
}

constexpr EndpointBehaviour FailsFirst(int times, int status, const char* error = "",
                                       RetryAfter retry_after = {},
                                       FailureBody body = FailureBody::kOAuthError) {
  return {.failure = {.times = times,
                      .status = status,
                      .error = error,
                      .body = body,
                      .retry_after = retry_after}};
}

constexpr EndpointBehaviour Fails(int status, FailureBody body, RetryAfter retry_after = {}) {
  return FailsFirst(kEveryTime, status, "", retry_after, body);
}

constexpr EndpointBehaviour BreaksFirst(int times, Delivery delivery) {
  return {.failure = {.times = times, .delivery = delivery}};
}

constexpr EndpointBehaviour Says(Distortion distortion, const char* member = "",
                                 const char* value = "") {
  return {.fault = {distortion, member, value}};
}

// The table is read as one; a line a number is worth more than the formatter's opinion.
// clang-format off
const TestNumber kTestNumbers[] = {
    // The customer.
    {"4740000000", "approves at once", {kApprove}},
    {"4740000003", "approves after 3 seconds", {kApprove, absl::Seconds(3)}},
    {"4740000010", "approves after 10 seconds", {kApprove, absl::Seconds(10)}},
    {"4740000020", "denies at once", {Decision::kDeny}},
    {"4740000023", "denies after 3 seconds", {Decision::kDeny, absl::Seconds(3)}},
    {"4740000030", "never answers", {Decision::kNever}},
    {"4520000000", "Danish: approves at once", {kApprove}},
    {"4520000003", "Danish: approves after 3 seconds", {kApprove, absl::Seconds(3)}},
    {"46700000000", "Swedish: approves at once", {kApprove}},
    {"46700000003", "Swedish: approves after 3 seconds", {kApprove, absl::Seconds(3)}},
    {"358400000000", "Finnish: approves at once", {kApprove}},
    {"358400000003", "Finnish: approves after 3 seconds", {kApprove, absl::Seconds(3)}},
    {"3584570000000", "of Åland: approves at once", {kApprove}},
    {"298210000", "Faroese: approves at once", {kApprove}},

    // The backchannel endpoint refuses.
    {"4740000100", "no such customer: error unknown_user_id; user-exists: false", {.backchannel = Answers(400, "unknown_user_id"), .exists = false}},
    {"4740000101", "inactive: error_code invalid_user, no error", {.backchannel = Answers(400, "", "invalid_user")}},
    {"4740000102", "inactive: error invalid_user", {.backchannel = Answers(400, "invalid_user")}},
    {"4740000103", "under 15 years: error_code invalid_user, no error", {.backchannel = Answers(400, "", "invalid_user")}},
    {"4740000104", "app too old: error_code old_app, no error", {.backchannel = Answers(400, "", "old_app")}},
    {"4740000105", "app too old: error old_app", {.backchannel = Answers(400, "old_app")}},
    {"4740000106", "app too old: error outdated_app_version", {.backchannel = Answers(400, "outdated_app_version")}},
    {"4740000107", "error access_denied, HTTP 403", {.backchannel = Answers(403, "access_denied")}},
    {"4740000108", "error unauthorized_client", {.backchannel = Answers(400, "unauthorized_client")}},
    {"4740000109", "error invalid_client, HTTP 401", {.backchannel = Answers(401, "invalid_client")}},
    {"4740000110", "HTTP 429, Retry-After: 30", {.backchannel = Fails(429, FailureBody::kNothing, {30})}},
    {"4740000111", "HTTP 429, Retry-After as an HTTP-date", {.backchannel = Fails(429, FailureBody::kNothing, {30, true})}},
    {"4740000112", "HTTP 429 without Retry-After", {.backchannel = Fails(429, FailureBody::kNothing)}},
    {"4740000113", "HTTP 429 with a problem+json body, Retry-After: 60", {.backchannel = Fails(429, FailureBody::kProblemJson, {60})}},
    {"4740000114", "error server_error, HTTP 400", {.backchannel = Answers(400, "server_error")}},
    {"4740000115", "error that nobody documented", {.backchannel = Answers(400, "customer_on_the_moon")}},
    {"4740000116", "error_code that nobody documented, no error", {.backchannel = Answers(400, "", "customer_on_the_moon")}},
    {"4740000117", "HTTP 400 with a problem+json body", {.backchannel = Fails(400, FailureBody::kProblemJson)}},
    {"4740000118", "HTTP 400 with no body", {.backchannel = Fails(400, FailureBody::kNothing)}},
    {"4740000119", "HTTP 400 with a proxy's HTML page", {.backchannel = Fails(400, FailureBody::kHtmlPage)}},

    // The backchannel endpoint is out of order.
    {"4740000120", "HTTP 500", {.backchannel = Answers(500, "server_error")}},
    {"4740000121", "HTTP 503, Retry-After: 7", {.backchannel = Fails(503, FailureBody::kNothing, {7})}},
    {"4740000122", "HTTP 500 with a problem+json body", {.backchannel = Fails(500, FailureBody::kProblemJson)}},
    {"4740000123", "HTTP 502 with a proxy's HTML page", {.backchannel = Fails(502, FailureBody::kHtmlPage)}},
    {"4740000124", "HTTP 401 by the gateway before the API", {.backchannel = Fails(401, FailureBody::kGateway)}},
    {"4740000125", "HTTP 423 with no body", {.backchannel = Fails(423, FailureBody::kNothing)}},
    {"4740000126", "error_code with the phone number in it, no error", {.backchannel = Answers(400, "", "blocked_4740000126")}},
    {"4740000130", "connection dropped after the request was read", {.decision = kApprove, .backchannel = {.delivery = Delivery::kDropped}}},
    {"4740000131", "connection cut in the middle of the acknowledgement", {.decision = kApprove, .backchannel = {.delivery = Delivery::kCut}}},
    {"4740000132", "acknowledged only after 8 seconds, then approves", {.decision = kApprove, .backchannel = {.delay = absl::Seconds(8)}}},

    // The acknowledgement is malformed.
    {"4740000140", "acknowledgement: not JSON", {.decision = kApprove, .backchannel = Says(Distortion::kNotJson)}},
    {"4740000141", "acknowledgement: a proxy's HTML page, HTTP 200", {.decision = kApprove, .backchannel = Says(Distortion::kHtmlPage)}},
    {"4740000142", "acknowledgement: truncated JSON", {.decision = kApprove, .backchannel = Says(Distortion::kTruncated)}},
    {"4740000143", "acknowledgement: empty body", {.decision = kApprove, .backchannel = Says(Distortion::kEmpty)}},
    {"4740000144", "acknowledgement: an array", {.decision = kApprove, .backchannel = Says(Distortion::kArray)}},
    {"4740000145", "acknowledgement: auth_req_id missing", {.decision = kApprove, .backchannel = Says(Distortion::kRequiredMemberMissing, "auth_req_id")}},
    {"4740000146", "acknowledgement: expires_in missing", {.decision = kApprove, .backchannel = Says(Distortion::kRequiredMemberMissing, "expires_in")}},
    {"4740000147", "acknowledgement: interval missing, so 5 seconds hold; approves", {.decision = kApprove, .backchannel = Says(Distortion::kOptionalMemberMissing, "interval")}},
    {"4740000148", "acknowledgement: auth_req_id is a number", {.decision = kApprove, .backchannel = Says(Distortion::kWrongValue, "auth_req_id", "42")}},
    {"4740000149", "acknowledgement: auth_req_id is empty", {.decision = kApprove, .backchannel = Says(Distortion::kWrongValue, "auth_req_id", R"("")")}},
    {"4740000150", "acknowledgement: expires_in is an object", {.decision = kApprove, .backchannel = Says(Distortion::kWrongValue, "expires_in", "{}")}},
    {"4740000151", "acknowledgement: expires_in is negative", {.decision = kApprove, .backchannel = Says(Distortion::kWrongValue, "expires_in", "-600")}},
    {"4740000152", "acknowledgement: interval is a word", {.decision = kApprove, .backchannel = Says(Distortion::kWrongValue, "interval", R"("soon")")}},
    {"4740000153", "acknowledgement: auth_req_id twice", {.decision = kApprove, .backchannel = Says(Distortion::kMemberTwice, "auth_req_id", R"("another")")}},
    {"4740000154", "acknowledgement: not UTF-8", {.decision = kApprove, .backchannel = Says(Distortion::kNotUtf8)}},
    {"4740000155", "acknowledgement: 2 MiB", {.decision = kApprove, .backchannel = Says(Distortion::kHuge)}},
    {"4740000156", "acknowledgement: nested 100,000 deep", {.decision = kApprove, .backchannel = Says(Distortion::kDeep)}},

    // The token endpoint has trouble, then approves.
    {"4740000200", "slow_down once, then approves", {.decision = kApprove, .token = FailsFirst(1, 400, "slow_down")}},
    {"4740000201", "slow_down twice, then approves", {.decision = kApprove, .token = FailsFirst(2, 400, "slow_down")}},
    {"4740000202", "token: HTTP 500 three times, then approves", {.decision = kApprove, .token = FailsFirst(3, 500, "server_error")}},
    {"4740000203", "token: HTTP 503 with Retry-After: 7 once, then approves", {.decision = kApprove, .token = FailsFirst(1, 503, "", {7}, FailureBody::kNothing)}},
    {"4740000204", "token: HTTP 503 with Retry-After as an HTTP-date once, then approves", {.decision = kApprove, .token = FailsFirst(1, 503, "", {7, true}, FailureBody::kNothing)}},
    {"4740000205", "token: HTTP 429 with Retry-After: 7 once, then approves", {.decision = kApprove, .token = FailsFirst(1, 429, "", {7}, FailureBody::kNothing)}},
    {"4740000206", "token: HTTP 502 with a proxy's HTML page twice, then approves", {.decision = kApprove, .token = FailsFirst(2, 502, "", {}, FailureBody::kHtmlPage)}},
    {"4740000207", "token: connection dropped twice, then approves", {.decision = kApprove, .token = BreaksFirst(2, Delivery::kDropped)}},
    {"4740000208", "token: connection cut in the answer twice, then approves", {.decision = kApprove, .token = BreaksFirst(2, Delivery::kCut)}},
    {"4740000209", "token: every answer takes 8 seconds; approves after 10", {.decision = kApprove, .decides_after = absl::Seconds(10), .token = {.delay = absl::Seconds(8)}}},
    {"4740000210", "token: the answer with the tokens is lost, connection dropped", {.decision = kApprove, .token = {.delivery = Delivery::kDropped}}},
    {"4740000211", "token: the answer with the tokens is cut in the middle", {.decision = kApprove, .token = {.delivery = Delivery::kCut}}},

    // The token endpoint refuses.
    {"4740000220", "token: error expired_token, before the time", {.token = Answers(400, "expired_token")}},
    {"4740000221", "token: error invalid_grant", {.token = Answers(400, "invalid_grant")}},
    {"4740000222", "token: error wrong_challenge", {.token = Answers(400, "wrong_challenge")}},
    {"4740000223", "token: error unknown_reject_reason", {.token = Answers(400, "unknown_reject_reason")}},
    {"4740000224", "token: error server_error, HTTP 400", {.token = Answers(400, "server_error")}},
    {"4740000225", "token: error outdated_app_version", {.token = Answers(400, "outdated_app_version")}},
    {"4740000226", "token: error_code old_app, no error", {.token = Answers(400, "", "old_app")}},
    {"4740000227", "token: error_code invalid_user, no error", {.token = Answers(400, "", "invalid_user")}},
    {"4740000228", "token: error that nobody documented", {.token = Answers(400, "customer_on_the_moon")}},
    {"4740000229", "token: error invalid_client, HTTP 401", {.token = Answers(401, "invalid_client")}},
    {"4740000230", "token: error unauthorized_client", {.token = Answers(400, "unauthorized_client")}},
    {"4740000231", "token: error invalid_request", {.token = Answers(400, "invalid_request")}},
    {"4740000232", "token: HTTP 400 with a proxy's HTML page", {.token = Fails(400, FailureBody::kHtmlPage)}},
    {"4740000233", "token: HTTP 400 with a problem+json body", {.token = Fails(400, FailureBody::kProblemJson)}},
    {"4740000234", "token: HTTP 422 by the gateway before the API", {.token = Fails(422, FailureBody::kGateway)}},

    // The token answer is malformed.
    {"4740000240", "token answer: not JSON", {.decision = kApprove, .token = Says(Distortion::kNotJson)}},
    {"4740000241", "token answer: a proxy's HTML page, HTTP 200", {.decision = kApprove, .token = Says(Distortion::kHtmlPage)}},
    {"4740000242", "token answer: truncated JSON", {.decision = kApprove, .token = Says(Distortion::kTruncated)}},
    {"4740000243", "token answer: empty body", {.decision = kApprove, .token = Says(Distortion::kEmpty)}},
    {"4740000244", "token answer: access_token missing", {.decision = kApprove, .token = Says(Distortion::kRequiredMemberMissing, "access_token")}},
    {"4740000245", "token answer: id_token missing", {.decision = kApprove, .token = Says(Distortion::kRequiredMemberMissing, "id_token")}},
    {"4740000246", "token answer: token_type missing", {.decision = kApprove, .token = Says(Distortion::kRequiredMemberMissing, "token_type")}},
    {"4740000247", "token answer: token_type is mac", {.decision = kApprove, .token = Says(Distortion::kWrongValue, "token_type", R"("mac")")}},
    {"4740000248", "token answer: access_token is a number", {.decision = kApprove, .token = Says(Distortion::kWrongValue, "access_token", "42")}},
    {"4740000249", "token answer: id_token is an object", {.decision = kApprove, .token = Says(Distortion::kWrongValue, "id_token", "{}")}},
    {"4740000250", "token answer: access_token twice", {.decision = kApprove, .token = Says(Distortion::kMemberTwice, "access_token", R"("another")")}},
    {"4740000251", "token answer: not UTF-8", {.decision = kApprove, .token = Says(Distortion::kNotUtf8)}},
    {"4740000252", "token answer: 2 MiB", {.decision = kApprove, .token = Says(Distortion::kHuge)}},
    {"4740000253", "token answer: an access_token with a line break", {.decision = kApprove, .token = Says(Distortion::kWrongValue, "access_token", R"("a\r\nX-Injected: b")")}},
    {"4740000254", "token answer: token_type is BEARER; approves", {.decision = kApprove, .token = Says(Distortion::kOtherSpelling, "token_type", R"("BEARER")")}},
    {"4740000255", "token answer: expires_in missing; approves", {.decision = kApprove, .token = Says(Distortion::kOptionalMemberMissing, "expires_in")}},
    {"4740000256", "token answer: scope missing; approves", {.decision = kApprove, .token = Says(Distortion::kOptionalMemberMissing, "scope")}},

    // The ID token is unusual, and right.
    {"4740000300", "ID token: signed with ES256; approves", {.decision = kApprove, .id_token = IdTokenKind::kEs256}},
    {"4740000301", "ID token: signed by a key that the JWKS has only now; approves", {.decision = kApprove, .id_token = IdTokenKind::kNewKey}},
    {"4740000302", "ID token: aud is a string; approves", {.decision = kApprove, .id_token = IdTokenKind::kAudienceAsString}},
    {"4740000303", "ID token: two audiences, azp is the client; approves", {.decision = kApprove, .id_token = IdTokenKind::kAuthorizedParty}},
    {"4740000304", "ID token: with the login's auth_req_id; approves", {.decision = kApprove, .id_token = IdTokenKind::kRightAuthReqId}},
    {"4740000305", "ID token: with the login's auth_req_id, as a URN claim; approves", {.decision = kApprove, .id_token = IdTokenKind::kRightAuthReqIdUrn}},

    // The ID token is wrong.
    {"4740000306", "ID token: another msn; partners must refuse it", {.decision = kApprove, .id_token = IdTokenKind::kOtherMsn}},
    {"4740000307", "ID token: msn missing; partners must refuse it", {.decision = kApprove, .id_token = IdTokenKind::kNoMsn}},
    {"4740000310", "ID token: bad signature", {.decision = kApprove, .id_token = IdTokenKind::kBadSignature}},
    {"4740000311", "ID token: signed by a key that is never published", {.decision = kApprove, .id_token = IdTokenKind::kUnknownKey}},
    {"4740000312", "ID token: signed by a strange key that its header brings along", {.decision = kApprove, .id_token = IdTokenKind::kKeyInHeader}},
    {"4740000313", "ID token: alg none", {.decision = kApprove, .id_token = IdTokenKind::kAlgorithmNone}},
    {"4740000314", "ID token: HS256 with the public key as the secret", {.decision = kApprove, .id_token = IdTokenKind::kHs256WithPublicKey}},
    {"4740000315", "ID token: HS256 with the client secret", {.decision = kApprove, .id_token = IdTokenKind::kHs256WithClientSecret}},
    {"4740000316", "ID token: crit names an unknown extension", {.decision = kApprove, .id_token = IdTokenKind::kCriticalHeader}},
    {"4740000317", "ID token: not a JWS", {.decision = kApprove, .id_token = IdTokenKind::kNotAJws}},
    {"4740000318", "ID token: PS256 by the published RSA key", {.decision = kApprove, .id_token = IdTokenKind::kPs256}},
    {"4740000319", "ID token: RS512 by the published RSA key", {.decision = kApprove, .id_token = IdTokenKind::kRs512}},
    {"4740000320", "ID token: another iss", {.decision = kApprove, .id_token = IdTokenKind::kOtherIssuer}},
    {"4740000321", "ID token: iss lacks the final slash", {.decision = kApprove, .id_token = IdTokenKind::kIssuerWithoutSlash}},
    {"4740000322", "ID token: iss missing", {.decision = kApprove, .id_token = IdTokenKind::kNoIssuer}},
    {"4740000330", "ID token: another aud", {.decision = kApprove, .id_token = IdTokenKind::kOtherAudience}},
    {"4740000331", "ID token: aud missing", {.decision = kApprove, .id_token = IdTokenKind::kNoAudience}},
    {"4740000332", "ID token: two audiences without azp", {.decision = kApprove, .id_token = IdTokenKind::kAudiencesWithoutAuthorizedParty}},
    {"4740000333", "ID token: two audiences, azp is another client", {.decision = kApprove, .id_token = IdTokenKind::kOtherAuthorizedParty}},
    {"4740000340", "ID token: expired", {.decision = kApprove, .id_token = IdTokenKind::kExpired}},
    {"4740000341", "ID token: exp missing", {.decision = kApprove, .id_token = IdTokenKind::kNoExpiry}},
    {"4740000342", "ID token: iat a week ago", {.decision = kApprove, .id_token = IdTokenKind::kIssuedAWeekAgo}},
    {"4740000343", "ID token: iat in an hour", {.decision = kApprove, .id_token = IdTokenKind::kIssuedInAnHour}},
    {"4740000344", "ID token: iat missing", {.decision = kApprove, .id_token = IdTokenKind::kNoIssueTime}},
    {"4740000350", "ID token: sub missing", {.decision = kApprove, .id_token = IdTokenKind::kNoSubject}},
    {"4740000351", "ID token: another login's auth_req_id", {.decision = kApprove, .id_token = IdTokenKind::kOtherAuthReqId}},
    {"4740000352", "ID token: another login's auth_req_id, as a URN claim", {.decision = kApprove, .id_token = IdTokenKind::kOtherAuthReqIdUrn}},

    // Userinfo.
    {"4740000400", "userinfo: another sub", {.decision = kApprove, .profile = ProfileKind::kOtherSubject}},
    {"4740000401", "userinfo: HTTP 500 twice, then fine", {.decision = kApprove, .userinfo = FailsFirst(2, 500, "server_error")}},
    {"4740000402", "userinfo: HTTP 503 with Retry-After: 4 once, then fine", {.decision = kApprove, .userinfo = FailsFirst(1, 503, "", {4}, FailureBody::kNothing)}},
    {"4740000403", "userinfo: HTTP 429 with Retry-After: 4 once, then fine", {.decision = kApprove, .userinfo = FailsFirst(1, 429, "", {4}, FailureBody::kNothing)}},
    {"4740000404", "userinfo: connection dropped twice, then fine", {.decision = kApprove, .userinfo = BreaksFirst(2, Delivery::kDropped)}},
    {"4740000405", "userinfo: takes 8 seconds, then fine", {.decision = kApprove, .userinfo = {.delay = absl::Seconds(8)}}},
    {"4740000406", "userinfo: HTTP 401 for ever", {.decision = kApprove, .userinfo = Answers(401, "invalid_token")}},
    {"4740000407", "userinfo: HTTP 500 for ever; the token answer says expires_in 20", {.decision = kApprove, .token = Says(Distortion::kOtherSpelling, "expires_in", "20"), .userinfo = Answers(500, "server_error")}},
    {"4740000410", "userinfo: not JSON", {.decision = kApprove, .userinfo = Says(Distortion::kNotJson)}},
    {"4740000411", "userinfo: a proxy's HTML page, HTTP 200", {.decision = kApprove, .userinfo = Says(Distortion::kHtmlPage)}},
    {"4740000412", "userinfo: truncated JSON", {.decision = kApprove, .userinfo = Says(Distortion::kTruncated)}},
    {"4740000413", "userinfo: empty body", {.decision = kApprove, .userinfo = Says(Distortion::kEmpty)}},
    {"4740000414", "userinfo: sub missing", {.decision = kApprove, .userinfo = Says(Distortion::kRequiredMemberMissing, "sub")}},
    {"4740000415", "userinfo: sub is a number", {.decision = kApprove, .userinfo = Says(Distortion::kWrongValue, "sub", "42")}},
    {"4740000416", "userinfo: name is a number", {.decision = kApprove, .userinfo = Says(Distortion::kWrongValue, "name", "42")}},
    {"4740000417", "userinfo: address is a string", {.decision = kApprove, .userinfo = Says(Distortion::kWrongValue, "address", R"("Robsrudskogen 15")")}},
    {"4740000418", "userinfo: sub twice", {.decision = kApprove, .userinfo = Says(Distortion::kMemberTwice, "sub", R"("another")")}},
    {"4740000419", "userinfo: not UTF-8", {.decision = kApprove, .userinfo = Says(Distortion::kNotUtf8)}},
    {"4740000420", "userinfo: 2 MiB", {.decision = kApprove, .userinfo = Says(Distortion::kHuge)}},
    {"4740000421", "userinfo: nested 100,000 deep", {.decision = kApprove, .userinfo = Says(Distortion::kDeep)}},
    {"4740000430", "userinfo: phone number with a plus", {.decision = kApprove, .profile = ProfileKind::kPhoneNumberWithPlus}},
    {"4740000431", "userinfo: no address, so empty strings", {.decision = kApprove, .profile = ProfileKind::kNoAddress}},
    {"4740000432", "userinfo: the sales unit's plan lacks nin", {.decision = kApprove, .profile = ProfileKind::kPlanWithoutNin}},
    {"4740000433", "userinfo: consents were given before", {.decision = kApprove, .profile = ProfileKind::kConsentsGivenBefore}},
    {"4740000434", "userinfo: undocumented members, more addresses than three", {.decision = kApprove, .profile = ProfileKind::kUndocumentedMembers}},

    // user-exists. A push would be approved: what asks first must not send it.
    {"4740000500", "user-exists: false; approves", {.decision = kApprove, .exists = false}},
    {"4740000501", "user-exists: HTTP 500; approves", {.decision = kApprove, .user_exists = Answers(500, "server_error")}},
    {"4740000502", "user-exists: HTTP 429, Retry-After: 30; approves", {.decision = kApprove, .user_exists = Fails(429, FailureBody::kNothing, {30})}},
    {"4740000503", "user-exists: error invalid_client, HTTP 401; approves", {.decision = kApprove, .user_exists = Answers(401, "invalid_client")}},
    {"4740000504", "user-exists: error invalid_request; approves", {.decision = kApprove, .user_exists = Answers(400, "invalid_request")}},
    {"4740000505", "user-exists: connection dropped; approves", {.decision = kApprove, .user_exists = {.delivery = Delivery::kDropped}}},
    {"4740000506", "user-exists: takes 20 seconds; approves", {.decision = kApprove, .user_exists = {.delay = absl::Seconds(20)}}},
    {"4740000510", "user-exists: not JSON; approves", {.decision = kApprove, .user_exists = Says(Distortion::kNotJson)}},
    {"4740000511", "user-exists: exists missing; approves", {.decision = kApprove, .user_exists = Says(Distortion::kRequiredMemberMissing, "exists")}},
    {"4740000512", "user-exists: exists is a string; approves", {.decision = kApprove, .user_exists = Says(Distortion::kWrongValue, "exists", R"("false")")}},

    // On a web page.
    {"4740000600", "web page: ID token without auth_req_id; in the app: approves", {.decision = kApprove, .id_token = IdTokenKind::kWithoutAuthReqId}},
    {"4740000601", "web page: the code has expired when it comes; in the app: approves", {.decision = kApprove, .code_life = absl::ZeroDuration()}},
    {"4740000602", "web page: error server_error in place of the code; in the app: approves", {.decision = kApprove, .redirect_error = "server_error"}},
    {"4740000603", "web page: error that nobody documented in place of the code; in the app: approves", {.decision = kApprove, .redirect_error = "customer_on_the_moon"}},
};
// clang-format on

constexpr std::array kTestNumberRanges = {
    TestNumberRange{"47401", "approves after SS seconds; a thousand customers", kApprove},
    TestNumberRange{"47402", "denies after SS seconds; a thousand customers", Decision::kDeny},
    TestNumberRange{"47403", "never answers; a hundred thousand customers", Decision::kNever},
    TestNumberRange{"47404", "approves at once, userinfo takes SS seconds; a thousand customers",
                    kApprove, /*userinfo_takes_them=*/true},
};

constexpr size_t kSecondsDigits = 2;
constexpr size_t kRangeNumberLength = 10;  // 47, and a Norwegian number of eight digits

}  // namespace

absl::Span<const TestNumber> TestNumbers() { return kTestNumbers; }

absl::Span<const TestNumberRange> TestNumberRanges() { return kTestNumberRanges; }

Behaviour BehaviourOf(absl::string_view msisdn) {
  for (const TestNumber& number : kTestNumbers) {
    if (number.msisdn == msisdn) return number.behaviour;
  }
  for (const TestNumberRange& range : kTestNumberRanges) {
    int seconds = 0;
    if (msisdn.size() == kRangeNumberLength && absl::StartsWith(msisdn, range.prefix) &&
        absl::SimpleAtoi(msisdn.substr(range.prefix.size(), kSecondsDigits), &seconds)) {
      if (range.userinfo_takes_them)
        return {.decision = range.decision, .userinfo = {.delay = absl::Seconds(seconds)}};
      return {range.decision, absl::Seconds(seconds)};
    }
  }
  return {};
}

std::string TestNumbersText() {
  std::string text;
  for (const TestNumber& number : kTestNumbers) {
    absl::StrAppend(&text, "+", number.msisdn, std::string(14 - number.msisdn.size(), ' '),
                    number.meaning, "\n");
  }
  for (const TestNumberRange& range : kTestNumberRanges) {
    absl::StrAppend(&text, "+", range.prefix, "SSNNN    ", range.meaning, "\n");
  }
  absl::StrAppend(&text,
                  "any other      waits for POST /sandbox/phones/{number}/approve or /deny\n");
  return text;
}

}  // namespace cibad
