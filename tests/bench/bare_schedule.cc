// What the due times of polls are measured beside: as many things to do, as often, each as dear as
// a poll, in the order in which they come due, but nothing except arithmetic: no provider, and next
// to no memory and kernel. What is late here is late because the core was not there for so much
// work. A thing counts as done at its end, where a poll is with the provider half way.
//
// usage: bare_schedule COUNT INTERVAL_SECONDS COST_MICROSECONDS LOOKS
// Finds out for three seconds how much arithmetic the core does, and lets the schedule run for two
// intervals before the first look of ten seconds.
// prints {"slow_share": …, "cpu_share": …, "looks": [{"p50_ms": …, "p99_ms": …}, …]}
// slow_share: the part of the 10 ms slots of those three seconds in which less than half as much
// was done as in the best. cpu_share: of the core, in the looks.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <queue>
#include <random>
#include <thread>
#include <vector>

#include "tests/bench/measured.h"

namespace {

using cibad::CpuSeconds;
using cibad::Percentile;
using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::milliseconds kSlot(10);
constexpr std::chrono::seconds kTrial(3);
constexpr std::chrono::seconds kLook(10);
// As the daemon: what is taken up at once, and a provider's way and time.
constexpr size_t kMostAtOnce = 24;
constexpr std::chrono::microseconds kExchange(500);

// Some two microseconds of work that compilers do not leave out.
void DoUnit() {
  static volatile uint64_t state = 1;
  uint64_t value = state;
  for (int i = 0; i < 2000; ++i) value = value * 6364136223846793005U + 1;
  state = value;
}

struct Core {
  double units_per_second = 0;
  double slow_share = 0;
};

Core TryCore() {
  std::vector<int64_t> slots;
  const double cpu = CpuSeconds();
  int64_t units = 0;
  for (const Time begin = SteadyClock::now(); SteadyClock::now() < begin + kTrial;) {
    int64_t in_slot = 0;
    for (const Time end = SteadyClock::now() + kSlot; SteadyClock::now() < end; ++in_slot) DoUnit();
    slots.push_back(in_slot);
    units += in_slot;
  }
  const int64_t best = *std::max_element(slots.begin(), slots.end());
  const auto slow = std::count_if(slots.begin(), slots.end(),
                                  [best](int64_t in_slot) { return 2 * in_slot < best; });
  return {.units_per_second = static_cast<double>(units) / (CpuSeconds() - cpu),
          .slow_share = static_cast<double>(slow) / static_cast<double>(slots.size())};
}

class Schedule {
 public:
  Schedule(int count, std::chrono::duration<double> interval, double units)
      : interval_(std::chrono::duration_cast<SteadyClock::duration>(interval)), units_(units) {
    std::mt19937_64 random;  // the same in each run
    std::uniform_real_distribution<double> part(0, 1);
    const Time now = SteadyClock::now();
    for (int i = 0; i < count; ++i)
      due_.push(now + std::chrono::duration_cast<SteadyClock::duration>(interval * part(random)));
  }

  // How late each was done, in milliseconds, in rising order.
  std::vector<double> RunUntil(Time end) {
    std::vector<double> late;
    for (Time now = SteadyClock::now(); now < end; now = SteadyClock::now()) {
      std::vector<Time> taken;
      while (taken.size() < kMostAtOnce && !due_.empty() && due_.top() <= now) {
        taken.push_back(due_.top());
        due_.pop();
      }
      if (taken.empty()) {  // as the daemon, which sleeps whole milliseconds
        std::this_thread::sleep_for(std::chrono::ceil<std::chrono::milliseconds>(due_.top() - now));
        continue;
      }
      owed_ += units_ * static_cast<double>(taken.size());
      for (; owed_ >= 1; --owed_) DoUnit();
      const Time done = SteadyClock::now();
      for (const Time due : taken) {
        late.push_back(Milliseconds(done - due).count());
        due_.push(done + kExchange + interval_);
      }
    }
    std::sort(late.begin(), late.end());
    return late;
  }

 private:
  const SteadyClock::duration interval_;
  const double units_;  // of each
  double owed_ = 0;     // units, less than one after a round
  std::priority_queue<Time, std::vector<Time>, std::greater<>> due_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int count = std::atoi(argv[1]);
  const std::chrono::duration<double> interval(std::atof(argv[2]));
  const double cost_seconds = std::atof(argv[3]) * 1e-6;
  const int looks = std::atoi(argv[4]);
  if (count < 1 || interval.count() <= 0 || cost_seconds <= 0 || looks < 1) return 2;

  const Core core = TryCore();
  Schedule schedule(count, interval, cost_seconds * core.units_per_second);
  const auto two_intervals = std::chrono::duration_cast<SteadyClock::duration>(2 * interval);
  schedule.RunUntil(SteadyClock::now() + two_intervals);
  const double cpu = CpuSeconds();
  std::vector<std::vector<double>> seen;
  for (int look = 0; look < looks; ++look)
    seen.push_back(schedule.RunUntil(SteadyClock::now() + kLook));
  const double cpu_share =
      (CpuSeconds() - cpu) / (looks * std::chrono::duration<double>(kLook)).count();

  std::printf(R"({"slow_share": %.4f, "cpu_share": %.4f, "looks": [)", core.slow_share, cpu_share);
  for (size_t i = 0; i < seen.size(); ++i) {
    std::printf(R"(%s{"p50_ms": %.3f, "p99_ms": %.3f})", i == 0 ? "" : ", ",
                Percentile(seen[i], 0.5), Percentile(seen[i], 0.99));
  }
  std::printf("]}\n");
}
