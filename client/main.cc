// cibactl: the command line of cibad.

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>
#include <variant>

#include "client/command_line.h"
#include "client/commands.h"
#include "client/event_queue.h"
#include "client/exit_code.h"
#include "client/grpc_daemon.h"
#include "client/json_display.h"
#include "client/plain_display.h"
#include "client/problem.h"
#include "client/secret_input.h"
#include "client/terminal.h"
#include "client/terminal_display.h"
#include "client/webhook_commands.h"

namespace cibad {
namespace {

std::unique_ptr<Display> MakeDisplay(const CommandLine& line) {
  Write out = WriteTo(STDOUT_FILENO);
  Write err = WriteTo(STDERR_FILENO);
  if (line.json) return std::make_unique<JsonDisplay>(std::move(out));
  if (!StdoutIsTerminal()) return std::make_unique<PlainDisplay>(std::move(out), std::move(err));
  return std::make_unique<TerminalDisplay>(
      std::move(out), std::move(err), [no_color = line.no_color] { return StdoutLook(no_color); },
      line.command == Command::kLogin ? "Ctrl-C cancels" : "Ctrl-C stops watching");
}

int Run(CommandLine line) {
  if (const absl::Status status = ReadSecrets(line); !status.ok()) {
    MakeDisplay(line)->ShowProblem(
        {"INVALID_ARGUMENT", std::string(status.message()), "See: cibactl --help", kExitUsage});
    return kExitUsage;
  }
  EventQueue events;  // before gRPC's threads are, so that they inherit the blocked signals
  GrpcDaemon daemon(line.target, line.security,
                    [&events](Event event) { events.Post(std::move(event)); });
  const std::unique_ptr<Display> display = MakeDisplay(line);
  const Session session{daemon, events, *display, line.address, line.retry_for};
  switch (line.command) {
    case Command::kLogin:
      return RunLogin(session, line.start);
    case Command::kWatch:
      return RunWatch(session, line.id);
    case Command::kGet:
      return RunGet(session, line.id);
    case Command::kCancel:
      return RunCancel(session, line.id);
    case Command::kComplete:
      return RunComplete(session, line.complete);
    case Command::kAcknowledge:
      return RunAcknowledge(session, line.id);
    case Command::kCheckUser:
      return RunCheckUser(session, line.check_user);
    case Command::kRegisterWebhook:
      return RunRegisterWebhook(session, line.webhook, line.secret_file);
    case Command::kListWebhooks: {
      v1::ListWebhooksRequest request;
      request.set_sales_unit(line.webhook.sales_unit());
      return RunListWebhooks(session, request);
    }
    case Command::kDeleteWebhook: {
      v1::DeleteWebhookRequest request;
      request.set_sales_unit(line.webhook.sales_unit());
      request.set_id(line.id);
      return RunDeleteWebhook(session, request);
    }
    case Command::kList:
      return RunList(session, line.unfinished_only, line.limit);
  }
  return 1;
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) {
  // gRPC's own complaints would stand between our lines; GRPC_VERBOSITY=debug brings them back.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  auto parsed = cibad::ParseCommandLine(argc, argv);
  if (const auto* early = std::get_if<cibad::EarlyExit>(&parsed)) {
    cibad::WriteTo(STDOUT_FILENO)(early->out);
    cibad::WriteTo(STDERR_FILENO)(early->err);
    return early->exit_code;
  }
  const int exit_code = cibad::Run(std::get<cibad::CommandLine>(std::move(parsed)));
  // gRPC ends its threads in the background; exit would destroy what they may still use. Nothing of
  // ours waits to be written.
  _exit(exit_code);
}
