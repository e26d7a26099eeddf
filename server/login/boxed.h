// A value that is mostly not there, kept apart from what it belongs to: a pending login has neither
// tokens nor a profile, and a hundred thousand of them should not each carry the room for both.

#ifndef CIBAD_SERVER_LOGIN_BOXED_H_
#define CIBAD_SERVER_LOGIN_BOXED_H_

#include <cassert>
#include <memory>
#include <utility>

namespace cibad {

// Used like std::optional, copied and compared like the value. As large as a pointer.
template <typename T>
class Boxed {
 public:
  Boxed() = default;
  // Implicit, as std::optional's. NOLINTNEXTLINE(google-explicit-constructor)
  Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Boxed(const Boxed& other)
      : value_(other.value_ == nullptr ? nullptr : std::make_unique<T>(*other.value_)) {}
  Boxed(Boxed&& other) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Boxed() = default;

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  void reset() { value_.reset(); }

  T& operator*() {
    assert(has_value());
    return *value_;
  }
  const T& operator*() const {
    assert(has_value());
    return *value_;
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  friend bool operator==(const Boxed& one, const Boxed& other) {
    if (!one.has_value() || !other.has_value()) return one.has_value() == other.has_value();
    return *one == *other;
  }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_BOXED_H_
