// The command line of cibad-sandbox.

#ifndef CIBAD_TESTS_SANDBOX_OPTIONS_H_
#define CIBAD_TESTS_SANDBOX_OPTIONS_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "tests/sandbox/client.h"

namespace cibad {

struct SandboxOptions {
  std::string dir;
  int port = 0;  // 0: any that is free
  absl::Duration interval = absl::Seconds(5);
  absl::Duration expires_in = absl::Seconds(600);
  absl::Duration max_age = absl::Hours(1);  // of discovery and JWKS
  AuthenticationMethod method = AuthenticationMethod::kBasic;
  absl::Duration token_life = absl::Hours(1);  // of /accesstoken/get
  std::vector<std::string> redirect_uris;      // registered; none: any https URL
  std::string webhook_to;  // HOST:PORT that pings are delivered to; empty: to the registered URL
  bool numbers = false;    // print the test numbers, and nothing else
};

struct ExitCode {
  int value = 0;
};

// Reads the command line; on --help and on mistakes it prints what is to be said and gives the exit
// code.
std::variant<SandboxOptions, ExitCode> ReadOptions(int argc, char** argv);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_OPTIONS_H_
