// One open WatchLogin stream: what the engine tells of a login, written to its till one message
// after the other.

#ifndef CIBAD_SERVER_RPC_WATCH_STREAM_H_
#define CIBAD_SERVER_RPC_WATCH_STREAM_H_

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "absl/status/status.h"
#include "cibad/v1/login.pb.h"
#include "server/engine/watcher.h"

namespace cibad {

// The streams that are open, and other calls that wait for a login's end, so that they can be ended
// when the daemon stops, and are never too many. Thread-safe.
class WatchStreams {
 public:
  // Holds the stream from now on. RESOURCE_EXHAUSTED: there are more than `most`; or what all were
  // ended with. The stream is to be ended with that.
  absl::Status Add(const std::shared_ptr<Watcher>& stream, size_t most);
  // The stream may be destroyed by this, unless the caller holds it.
  void Remove(const std::shared_ptr<Watcher>& stream);
  size_t size();

  // Ends every stream with `status`, those that are yet to come as well: a till that watches again
  // at once must not be held by a daemon that is about to be gone.
  void EndAll(const absl::Status& status);

 private:
  std::mutex mutex_;  // guards what follows
  absl::Status ended_with_;
  std::unordered_set<std::shared_ptr<Watcher>> streams_;
};

// Lives until gRPC has done with it (OnDone), held by WatchStreams; the engine holds it weakly.
class WatchStream final : public grpc::ServerWriteReactor<v1::Login>,
                          public Watcher,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  // The context is the call's own, and so lives as long as the stream.
  WatchStream(WatchStreams* streams, grpc::CallbackServerContext* context)
      : streams_(streams), context_(context) {}

  void OnLogin(const Login& login) override;
  // Ends the stream after the message that is being written, if there is one; says when to watch
  // again where that makes sense.
  void OnRefused(const absl::Status& status) override;

 private:
  // What is to be written, with its parts in one block of memory instead of one each; only long
  // texts have blocks of their own. Most logins have an open stream, and tell it of every change.
  struct Message {
    explicit Message(const Login& told);

    google::protobuf::Arena arena;
    v1::Login& login;  // in the arena
  };

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Writes the next message, or finishes, if it is time. At most one operation is under way, as
  // gRPC demands; it is begun without the lock, because gRPC may answer from within.
  void Proceed();

  WatchStreams* const streams_;
  grpc::CallbackServerContext* const context_;
  std::mutex mutex_;  // guards what follows
  // Bounded by itself: a login has at most one message for each of its few states. Mostly empty,
  // and then, unlike a deque, without memory of its own.
  std::list<Message> queue_;
  bool is_writing_ = false;
  bool is_finished_ = false;
  std::optional<absl::Status> end_;  // what to finish with when the queue is empty
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_WATCH_STREAM_H_
