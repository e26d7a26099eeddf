// What stands in the memory of another process, as whoever may read /proc/PID/mem sees it: a
// debugger, or a thief with root's rights.

#ifndef CIBAD_TESTS_INTEGRATION_PROCESS_MEMORY_H_
#define CIBAD_TESTS_INTEGRATION_PROCESS_MEMORY_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

// How often a text stands in each mapping, by the mapping's name in /proc/PID/maps; one without a
// name is "anonymous".
using Copies = std::map<std::string, int>;

int Total(const Copies& copies);

// For each of the texts, none of them empty, where in the process's memory it stands.
// PERMISSION_DENIED: this user may not look.
absl::StatusOr<std::vector<Copies>> FindInMemory(pid_t pid, const std::vector<std::string>& texts);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_PROCESS_MEMORY_H_
