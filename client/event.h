// What can happen to cibactl while it waits: the daemon answered, a signal came, it is time for
// something. One thread takes these one after the other (EventSource) and does everything else, so
// that nothing in the program needs a lock but the queue itself.

#ifndef CIBAD_CLIENT_EVENT_H_
#define CIBAD_CLIENT_EVENT_H_

#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"

namespace cibad {

// How far a call that failed had come. It decides whether trying again makes sense.
enum class Contact {
  kNone,      // there was no connection: nothing was sent
  kBroken,    // there was one, and it broke: the daemon may have acted
  kAnswered,  // the connection stands: the daemon itself said so
};

struct CallResult {
  absl::Status status;
  Contact contact = Contact::kAnswered;
};

// Answers StartLogin, GetLogin, CancelLogin and CompleteLogin.
struct LoginAnswer {
  CallResult result;
  v1::Login login;
};

struct AcknowledgeAnswer {
  CallResult result;
};

struct UserAnswer {
  CallResult result;
  v1::CheckUserResponse user;
};

struct ListAnswer {
  CallResult result;
  v1::ListLoginsResponse page;
};

struct RegisterWebhookAnswer {
  CallResult result;
  v1::RegisterWebhookResponse response;
};

struct ListWebhooksAnswer {
  CallResult result;
  v1::ListWebhooksResponse response;
};

struct DeleteWebhookAnswer {
  CallResult result;
};

// The watched login, at once and then after every change.
struct WatchUpdate {
  v1::Login login;
};

// No more updates come from this watch. OK: the daemon ended it.
struct WatchEnded {
  CallResult result;
};

struct SignalCame {
  int number = 0;
};

// The time that was waited for is there.
struct TimeCame {};

using Event = std::variant<LoginAnswer, AcknowledgeAnswer, UserAnswer, ListAnswer,
                           RegisterWebhookAnswer, ListWebhooksAnswer, DeleteWebhookAnswer,
                           WatchUpdate, WatchEnded, SignalCame, TimeCame>;

class EventSource {
 public:
  virtual ~EventSource() = default;

  // The wall clock, moved on monotonically from the program's start.
  virtual absl::Time Now() = 0;

  // Waits for the next event; TimeCame where none came until `until`.
  virtual Event Next(absl::Time until) = 0;

  // Stops the process, as Ctrl-Z asks, and returns when it has been continued.
  virtual void StopUntilContinued() = 0;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_EVENT_H_
