// What code leaves on the stack behind it, for tests that nothing of a customer stays there: a
// thread that is not used again for a while keeps it all that time.

#ifndef CIBAD_TESTS_UNIT_LEFT_ON_STACK_H_
#define CIBAD_TESTS_UNIT_LEFT_ON_STACK_H_

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace cibad {

// Runs the function in a thread with a stack of its own, and gives the bytes of that stack once the
// thread has ended. Empty: there is no such thread to be had.
inline std::string LeftOnStack(std::function<void()> function) {
  constexpr size_t kBytes = size_t{1} << 20;
  constexpr size_t kPage = 4096;
  const std::unique_ptr<char, decltype(&std::free)> stack(
      static_cast<char*>(std::aligned_alloc(kPage, kBytes)), &std::free);
  if (stack == nullptr) return "";
  std::fill_n(stack.get(), kBytes, '\0');
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  const bool is_own = pthread_attr_setstack(&attributes, stack.get(), kBytes) == 0;
  const auto run = [](void* what) -> void* {
    (*static_cast<std::function<void()>*>(what))();
    return nullptr;
  };
  pthread_t thread{};
  const bool is_running = is_own && pthread_create(&thread, &attributes, run, &function) == 0;
  pthread_attr_destroy(&attributes);
  if (!is_running) return "";
  pthread_join(thread, nullptr);
  return std::string(stack.get(), kBytes);
}

// Whether the text is among the bytes, in characters of one byte or of two, as ICU has them.
inline bool HasInAnyWidth(absl::string_view bytes, absl::string_view text) {
  std::string wide;
  for (const char c : text) wide.append({c, '\0'});
  return absl::StrContains(bytes, text) || absl::StrContains(bytes, wide);
}

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_LEFT_ON_STACK_H_
