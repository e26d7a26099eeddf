// Calls back at a given time, on its own thread: what lets an answer wait without a thread waiting
// for it.

#ifndef CIBAD_TESTS_SANDBOX_ANSWER_TIMER_H_
#define CIBAD_TESTS_SANDBOX_ANSWER_TIMER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace cibad {

// Thread-safe.
class AnswerTimer {
 public:
  AnswerTimer();
  ~AnswerTimer();
  AnswerTimer(const AnswerTimer&) = delete;
  AnswerTimer& operator=(const AnswerTimer&) = delete;

  // Calls `wake` once, when the time has come or the timer is stopped; at once if it is stopped
  // already.
  void Add(std::chrono::steady_clock::time_point time, std::function<void()> wake);

  // Wakes everything that waits.
  void Stop();

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> waiting_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_ANSWER_TIMER_H_
