// cibactl's command line, as typed and as understood.

#ifndef CIBAD_CLIENT_COMMAND_LINE_H_
#define CIBAD_CLIENT_COMMAND_LINE_H_

#include <string>
#include <variant>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "client/security.h"

namespace cibad {

enum class Command {
  kLogin,
  kWatch,
  kGet,
  kCancel,
  kComplete,
  kAcknowledge,
  kCheckUser,
  kList,
  kRegisterWebhook,
  kListWebhooks,
  kDeleteWebhook
};

struct CommandLine {
  Command command = Command::kLogin;
  std::string address;  // as the user wrote it
  std::string target;   // the same for gRPC
  Security security;
  bool json = false;
  bool no_color = false;
  absl::Duration retry_for;
  v1::StartLoginRequest start;      // of kLogin; always with a request_id
  v1::CheckUserRequest check_user;  // of kCheckUser
  std::string customer_token_file;  // of kLogin: where the token is to be read; `-` is stdin
  v1::CompleteLoginRequest
      complete;    // of kComplete; a code or query of `-` is to be read from stdin
  std::string id;  // of kWatch, kGet, kCancel, kAcknowledge, kDeleteWebhook
  v1::RegisterWebhookRequest webhook;  // of the three; its sales unit is of all
  std::string secret_file;             // of kRegisterWebhook
  bool unfinished_only = false;
  int limit = 0;
};

// The command line asked for no command (--help, --version), or is wrong: what to print, and the
// status.
struct EarlyExit {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Reads CIBAD_SERVER, CIBAD_LANGUAGE, CIBAD_CA_FILE, CIBAD_CERTIFICATE_FILE, CIBAD_KEY_FILE and
// CIBAD_TOKEN_FILE from the environment, too. What only the daemon can judge
// (phone numbers, scopes, limits) is left to it.
std::variant<CommandLine, EarlyExit> ParseCommandLine(int argc, const char* const* argv);

}  // namespace cibad

#endif  // CIBAD_CLIENT_COMMAND_LINE_H_
