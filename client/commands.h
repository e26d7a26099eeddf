// The commands of cibactl, free of gRPC, terminals and real time: they take events one after the
// other, call the daemon, and tell the display. Each gives the exit status.

#ifndef CIBAD_CLIENT_COMMANDS_H_
#define CIBAD_CLIENT_COMMANDS_H_

#include <string>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "client/daemon.h"
#include "client/display.h"
#include "client/event.h"

namespace cibad {

// What every command works with.
struct Session {
  Daemon& daemon;
  EventSource& events;
  Display& display;
  std::string address;       // of the daemon, as the user wrote it
  absl::Duration retry_for;  // without contact, after there was contact
};

// How long an interrupted `login` waits for the daemon to confirm that the login is cancelled.
constexpr absl::Duration kCancelPatience = absl::Seconds(5);

// Starts a login and follows it to its end. The request has a request_id, so that a start whose
// answer was lost can be repeated. An interrupt cancels the login, a second one leaves at once.
int RunLogin(const Session& session, const v1::StartLoginRequest& request);

// Follows a login to its end. An interrupt leaves; the login goes on.
int RunWatch(const Session& session, const std::string& id);

int RunGet(const Session& session, const std::string& id);
int RunCancel(const Session& session, const std::string& id);

// Finishes a login on a web page; gives its outcome, as RunWatch does.
int RunComplete(const Session& session, const v1::CompleteLoginRequest& request);

// Erases an ended login.
int RunAcknowledge(const Session& session, const std::string& id);

// Asks whether somebody can log in; the exit status says it too.
int RunCheckUser(const Session& session, const v1::CheckUserRequest& request);

// At most `limit` logins, from as many pages as it takes.
int RunList(const Session& session, bool unfinished_only, int limit);

// Deals with a signal that is about the terminal and not about leaving: Ctrl-Z, another size. False
// for the others.
bool HandleTerminalSignal(const Session& session, int signal);

}  // namespace cibad

#endif  // CIBAD_CLIENT_COMMANDS_H_
