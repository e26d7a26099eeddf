// How cibactl tells what happens: to a person at a terminal, to a file or pipe, or to a program
// (--json). The commands speak to this interface and do not know which it is.

#ifndef CIBAD_CLIENT_DISPLAY_H_
#define CIBAD_CLIENT_DISPLAY_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cibad/v1/login.pb.h"
#include "client/problem.h"
#include "client/time_left.h"

namespace cibad {

// Takes text as it is to appear; what was written is out of the program when it returns.
using Write = std::function<void(const std::string&)>;

class Display {
 public:
  virtual ~Display() = default;

  // A login has come into this state; called once a state. `time_left` while the customer's time
  // runs.
  virtual void ShowState(const v1::Login& login, std::optional<TimeLeft> time_left) = 0;

  // Whether ShowTimeLeft shows anything, and so is worth waking for.
  virtual bool CountsDown() const { return false; }
  virtual void ShowTimeLeft(const TimeLeft& /*time_left*/) {}

  // One sentence on something that is neither a state nor the end: a connection lost, a cancel on
  // its way.
  virtual void ShowNote(const std::string& note) = 0;

  // The daemon is being asked to cancel the login; the state that comes of it follows.
  virtual void ShowCancelling() = 0;

  // Why the command ends without what it was to do.
  virtual void ShowProblem(const Problem& problem) = 0;

  // A login as it is, in detail.
  virtual void ShowLogin(const v1::Login& login) = 0;

  // Whether somebody can log in.
  virtual void ShowUser(const v1::CheckUserResponse& user) = 0;

  // `more`: there are more logins than these.
  virtual void ShowList(const std::vector<v1::Login>& logins, bool more) = 0;

  // What a call that is not about logins has given: the message for programs, its fields for
  // people.
  virtual void ShowAnswer(const google::protobuf::Message& /*message*/,
                          const std::vector<std::string>& /*fields*/) {}

  // The process is about to be stopped, and has been continued.
  virtual void Suspend() {}
  virtual void Resume() {}

  // The terminal has another size.
  virtual void Resized() {}
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_DISPLAY_H_
