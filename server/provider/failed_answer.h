// Answers that do not hold what was asked for, whatever the request was: which of the outcomes of
// login/outcome.h they are.

#ifndef CIBAD_SERVER_PROVIDER_FAILED_ANSWER_H_
#define CIBAD_SERVER_PROVIDER_FAILED_ANSWER_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"
#include "server/login/outcome.h"

namespace cibad {

using FailedAnswer = std::variant<ProviderError, InvalidAnswer, NoAnswer>;

// How the request failed, or nothing if there is an answer with HTTP status 200 to be read.
//
//   no complete answer, 5xx, 408   NoAnswer: the request may be made again
//   429                            ProviderError, with or without a code
//   401, 403                       ProviderError, with or without a code
//   any other 4xx                  ProviderError if the body is an OAuth error (RFC 6749 5.2), a
//                                  problem (RFC 7807) or a gateway's message, InvalidAnswer if not:
//                                  it is not the provider that speaks
//   anything else, too large       InvalidAnswer
std::optional<FailedAnswer> ReadFailure(const HttpResult& result);

// An answer that did come and cannot be understood, with the trace id that it came with.
InvalidAnswer Misunderstood(const HttpResponse& response, absl::string_view why);

// Reads what a provider publishes: a JSON object that anyone may fetch. UNAVAILABLE: no answer, or
// not a 200. INVALID_ARGUMENT: not a JSON object.
absl::StatusOr<nlohmann::json> ReadPublishedObject(const HttpResult& result);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_FAILED_ANSWER_H_
