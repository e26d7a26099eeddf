// Makes answers: good ones, errors, and those that a test number spoils on purpose.

#ifndef CIBAD_TESTS_SANDBOX_ANSWER_H_
#define CIBAD_TESTS_SANDBOX_ANSWER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/message.h"

namespace cibad {

// JSON that must not be kept by caches (RFC 6749, 5.1).
Answer JsonAnswer(int status, std::string json);

// An OAuth error (RFC 6749, 5.2). The description is for people.
Answer ErrorAnswer(int status, absl::string_view error, absl::string_view description);

// What a test number tells an endpoint to answer instead. `now` is for a Retry-After that is a
// date.
Answer FailureAnswer(const EndpointFailure& failure, absl::Time now);

// The good answer as a test number has it: its text spoiled, its delivery broken, or nothing of the
// kind. `good` is JSON.
Answer Spoil(Answer good, const EndpointBehaviour& behaviour);

// The text of a JSON object with the fault in it.
std::string Distort(const std::string& json, const AnswerFault& fault);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_ANSWER_H_
