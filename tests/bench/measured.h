// What the programs of the benches tell of themselves: the CPU time that they took, and percentiles
// of what they timed.

#ifndef CIBAD_TESTS_BENCH_MEASURED_H_
#define CIBAD_TESTS_BENCH_MEASURED_H_

#include <cstddef>
#include <ctime>
#include <vector>

namespace cibad {

// Of this process so far, in user and kernel mode, all threads together.
inline double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// What so great a part of the values, which are in rising order, does not exceed; 0: there are
// none.
inline double Percentile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace cibad

#endif  // CIBAD_TESTS_BENCH_MEASURED_H_
