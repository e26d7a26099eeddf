#include "client/commands.h"

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/await.h"
#include "client/exit_code.h"
#include "client/follow_login.h"
#include "client/login_text.h"

namespace cibad {
namespace {

constexpr int kMaxPageSize = 1000;  // the API's

}  // namespace

int RunWatch(const Session& session, const std::string& id) {
  return FollowedLogin(session, id, OnInterrupt::kLeave).Run();
}

int RunGet(const Session& session, const std::string& id) {
  session.daemon.GetLogin(id);
  const auto answer = Await<LoginAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  session.display.ShowLogin(std::get<LoginAnswer>(answer).login);
  return kExitSuccess;
}

int RunCancel(const Session& session, const std::string& id) {
  session.daemon.CancelLogin(id);
  const auto answer = Await<LoginAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  const v1::Login& login = std::get<LoginAnswer>(answer).login;
  if (login.state() != v1::Login::CANCELLED) {
    session.display.ShowNote(absl::StrCat("The login had ended already: ", StateName(login),
                                          ". Nothing was cancelled."));
  }
  session.display.ShowState(login, std::nullopt);
  return kExitSuccess;
}

int RunComplete(const Session& session, const v1::CompleteLoginRequest& request) {
  session.daemon.CompleteLogin(request);
  const auto answer = Await<LoginAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  const v1::Login& login = std::get<LoginAnswer>(answer).login;
  session.display.ShowState(login, std::nullopt);
  return ExitCodeOf(login);
}

int RunAcknowledge(const Session& session, const std::string& id) {
  session.daemon.AcknowledgeLogin(id);
  const auto answer = Await<AcknowledgeAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  session.display.ShowNote("The login is erased.");
  return kExitSuccess;
}

int RunCheckUser(const Session& session, const v1::CheckUserRequest& request) {
  session.daemon.CheckUser(request);
  const auto answer = Await<UserAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  const v1::CheckUserResponse& user = std::get<UserAnswer>(answer).user;
  session.display.ShowUser(user);
  return user.exists() ? kExitSuccess : kExitNoUser;
}

int RunList(const Session& session, bool unfinished_only, int limit) {
  v1::ListLoginsRequest request;
  request.set_unfinished_only(unfinished_only);
  std::vector<v1::Login> logins;
  bool more = false;
  do {
    request.set_page_size(std::min(limit - static_cast<int>(logins.size()), kMaxPageSize));
    session.daemon.ListLogins(request);
    const auto answer = Await<ListAnswer>(session);
    if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
    const v1::ListLoginsResponse& page = std::get<ListAnswer>(answer).page;
    logins.insert(logins.end(), page.logins().begin(), page.logins().end());
    // An empty page could be followed by empty pages for ever.
    more = !page.next_page_token().empty() && page.logins_size() > 0;
    request.set_page_token(page.next_page_token());
  } while (more && static_cast<int>(logins.size()) < limit);
  session.display.ShowList(logins, more);
  return kExitSuccess;
}

bool HandleTerminalSignal(const Session& session, int signal) {
  switch (signal) {
    case SIGWINCH:
      session.display.Resized();
      return true;
    case SIGTSTP:
      session.display.Suspend();
      session.events.StopUntilContinued();
      session.display.Resume();
      return true;
    default:
      return false;
  }
}

}  // namespace cibad
