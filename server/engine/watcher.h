// Who wants to hear of a login: a till's open WatchLogin stream, as the engine sees it.

#ifndef CIBAD_SERVER_ENGINE_WATCHER_H_
#define CIBAD_SERVER_ENGINE_WATCHER_H_

#include "absl/status/status.h"
#include "server/login/login.h"

namespace cibad {

// The engine holds watchers weakly: one that goes away is forgotten. Both calls come from a
// worker's thread and must be short.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // The login as it is: once when the watch begins, then after each change of its state is durable
  // and acted on. The last call is the one whose login has ended.
  virtual void OnLogin(const Login& login) = 0;

  // There is nothing to watch: NOT_FOUND, or why it could not be found out. No other call follows.
  virtual void OnRefused(const absl::Status& status) = 0;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_WATCHER_H_
