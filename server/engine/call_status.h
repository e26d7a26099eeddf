// What a caller of the API is told when a request to the provider that belongs to no login brought
// no answer. (What becomes of a login is a state, and Step's to say.)

#ifndef CIBAD_SERVER_ENGINE_CALL_STATUS_H_
#define CIBAD_SERVER_ENGINE_CALL_STATUS_H_

#include <optional>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/login/outcome.h"

namespace cibad {

// RESOURCE_EXHAUSTED: too many requests (429); RetryDelayOf says how long to wait, where the
// provider did. FAILED_PRECONDITION: it refused the credentials or the request; the operator has to
// act. UNAVAILABLE: it is out of order.
absl::Status StatusOf(const ProviderError& error);
// INTERNAL: the answer cannot be understood.
absl::Status StatusOf(const InvalidAnswer& invalid);
// UNAVAILABLE: there is no answer; see RetryDelayOf.
absl::Status StatusOf(const NoAnswer& no_answer);

// The same, saying when the call may be made again.
absl::Status WithRetryDelay(absl::Status status, std::optional<absl::Duration> delay);

// How long not to ask again, where a status says so.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

// The answer, or the status of the outcome that is none.
template <typename Answer>
absl::StatusOr<Answer> AnswerOf(Outcome<Answer> outcome) {
  if (auto* answer = std::get_if<Answer>(&outcome)) return std::move(*answer);
  if (const auto* error = std::get_if<ProviderError>(&outcome)) return StatusOf(*error);
  if (const auto* invalid = std::get_if<InvalidAnswer>(&outcome)) return StatusOf(*invalid);
  return StatusOf(std::get<NoAnswer>(outcome));
}

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_CALL_STATUS_H_
