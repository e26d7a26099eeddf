// What the sandbox publishes for everyone, discovery and JWKS, as answers: cacheable like the real
// ones, or malformed for as long as a test wants it.

#ifndef CIBAD_TESTS_SANDBOX_PUBLISHED_H_
#define CIBAD_TESTS_SANDBOX_PUBLISHED_H_

#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/behaviour.h"
#include "tests/sandbox/message.h"

namespace cibad {

// One document. Thread-safe.
class Published {
 public:
  // `member` is one that the document must have; where a fault is about a member, it is that one.
  Published(const char* member, absl::Duration max_age) : member_(member), max_age_(max_age) {}

  // The document, whose good text this is, as it is published now.
  Answer AnswerOf(std::string json) const;

  // From now on the document has this fault, by the names of README.md; "fine" is none. False:
  // there is no such fault.
  bool SetFault(absl::string_view name);

 private:
  const char* const member_;
  const absl::Duration max_age_;
  mutable std::mutex mutex_;
  Distortion distortion_ = Distortion::kNone;  // under mutex_
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_PUBLISHED_H_
