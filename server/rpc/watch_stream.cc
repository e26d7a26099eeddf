#include "server/rpc/watch_stream.h"

#include <vector>

#include "server/http/clock.h"
#include "server/rpc/login_message.h"
#include "server/rpc/status.h"

namespace cibad {

namespace {

google::protobuf::ArenaOptions SizeOfMessages() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 1024;  // enough but for a profile
  return options;
}

}  // namespace

absl::Status WatchStreams::Add(const std::shared_ptr<Watcher>& stream, size_t most) {
  const std::lock_guard lock(mutex_);
  streams_.insert(stream);
  if (!ended_with_.ok()) return ended_with_;
  if (streams_.size() <= most) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "too many WatchLogin streams are open; try again in a minute");
}

void WatchStreams::Remove(const std::shared_ptr<Watcher>& stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

size_t WatchStreams::size() {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

void WatchStreams::EndAll(const absl::Status& status) {
  std::vector<std::shared_ptr<Watcher>> streams;
  {
    const std::lock_guard lock(mutex_);
    ended_with_ = status;
    streams.assign(streams_.begin(), streams_.end());
  }
  for (const auto& stream : streams) stream->OnRefused(status);
}

WatchStream::Message::Message(const Login& told)
    : arena(SizeOfMessages()), login(*google::protobuf::Arena::CreateMessage<v1::Login>(&arena)) {
  SetLogin(login, told, WallClockShift());
}

void WatchStream::OnLogin(const Login& login) {
  {
    const std::lock_guard lock(mutex_);
    if (end_.has_value()) return;
    queue_.emplace_back(login);
    if (HasEnded(login.state)) end_ = absl::OkStatus();
  }
  Proceed();
}

void WatchStream::OnRefused(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (end_.has_value()) return;
    end_ = status;
  }
  Proceed();
}

void WatchStream::Proceed() {
  const v1::Login* message = nullptr;
  absl::Status end;
  {
    const std::lock_guard lock(mutex_);
    if (is_writing_ || is_finished_) return;
    if (!queue_.empty()) {
      is_writing_ = true;
      message = &queue_.front().login;
    } else if (end_.has_value()) {
      is_finished_ = true;
      end = *end_;
    } else {
      return;
    }
  }
  if (message != nullptr) {
    StartWrite(message);
  } else {
    AddRetryPushback(end, context_);
    Finish(ToGrpcStatus(end));
  }
}

void WatchStream::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
    queue_.pop_front();
    if (!ok) {  // the till is gone
      queue_.clear();
      end_ = absl::CancelledError();
    }
  }
  Proceed();
}

void WatchStream::OnCancel() {
  {
    const std::lock_guard lock(mutex_);
    if (!is_writing_) queue_.clear();
    end_ = absl::CancelledError();
  }
  Proceed();
}

void WatchStream::OnDone() { streams_->Remove(shared_from_this()); }

}  // namespace cibad
