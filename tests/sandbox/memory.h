// What a sandbox that is asked to end writes down, so that the next one in its folder goes on with
// the same logins: JSON, made of the whole of what it remembers. What a login's phone number
// decides follows from the number and is not written.

#ifndef CIBAD_TESTS_SANDBOX_MEMORY_H_
#define CIBAD_TESTS_SANDBOX_MEMORY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sandbox/provider_state.h"
#include "tests/sandbox/report.h"

namespace cibad {

struct SandboxMemory {
  ProviderMemory provider;
  EndpointCounts counts;
};

// Times are kept by the wall clock: arrivals before the restart are compared with later ones.
std::string WriteMemory(const SandboxMemory& memory);

// INVALID_ARGUMENT: the text is not what WriteMemory gives.
absl::StatusOr<SandboxMemory> ReadMemory(absl::string_view json);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_MEMORY_H_
