// What must not stand on the command line, where every user of the machine can read it: it is read
// from a file, or from stdin.

#ifndef CIBAD_CLIENT_SECRET_INPUT_H_
#define CIBAD_CLIENT_SECRET_INPUT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/command_line.h"

namespace cibad {

// The file's text, without the line break at its end; `-` is stdin. INVALID_ARGUMENT, naming the
// file: it cannot be read, is empty, or is longer than 16 KiB. What it may hold is for the daemon
// to judge.
absl::StatusOr<std::string> ReadSecret(const std::string& file);

// Puts into the requests of `line` what the command line only said where to find.
absl::Status ReadSecrets(CommandLine& line);

}  // namespace cibad

#endif  // CIBAD_CLIENT_SECRET_INPUT_H_
