#include "tests/sandbox/answer_timer.h"

#include <utility>

namespace cibad {

AnswerTimer::AnswerTimer() : thread_([this] { Run(); }) {}

AnswerTimer::~AnswerTimer() { Stop(); }

void AnswerTimer::Add(std::chrono::steady_clock::time_point time, std::function<void()> wake) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stopped_) {
      waiting_.emplace(time, std::move(wake));
      changed_.notify_one();
      return;
    }
  }
  wake();
}

void AnswerTimer::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void AnswerTimer::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto next = waiting_.begin();
    if (!stopped_ && next->first > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, std::chrono::steady_clock::time_point(next->first));
      continue;
    }
    const std::function<void()> wake = std::move(next->second);
    waiting_.erase(next);
    lock.unlock();
    wake();
    lock.lock();
  }
}

}  // namespace cibad
