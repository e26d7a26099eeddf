// What went wrong with a call, said so that the reader knows what to do next.

#ifndef CIBAD_CLIENT_PROBLEM_H_
#define CIBAD_CLIENT_PROBLEM_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/event.h"

namespace cibad {

struct Problem {
  std::string code;     // gRPC's name of the status, for programs: UNAVAILABLE
  std::string message;  // what was wrong and where; may hold the daemon's words, not cleaned
  std::string hint;     // what to do next; empty where the message says it all
  int exit_code = 1;
};

// Explains a call that failed. `address`: the daemon's, as the user wrote it.
Problem Explain(const CallResult& result, absl::string_view address);

// No contact for as long as cibactl was to try; `result` is that of the last try.
Problem ExplainLostContact(const CallResult& result, absl::string_view address,
                           absl::string_view login_id);

// Whether the same call can succeed later without anybody changing anything.
bool CanPass(const absl::Status& status);

}  // namespace cibad

#endif  // CIBAD_CLIENT_PROBLEM_H_
