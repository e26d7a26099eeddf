// A value that all copies of what it belongs to share: a login is copied for every step that it
// takes, and what its till asked for stays the same.

#ifndef CIBAD_SERVER_LOGIN_SHARED_H_
#define CIBAD_SERVER_LOGIN_SHARED_H_

#include <memory>
#include <utility>

namespace cibad {

// Read like a pointer, copied and compared like the value. Immutable but for Edit(): thread-safe as
// a shared_ptr to a constant is.
template <typename T>
class Shared {
 public:
  Shared() = default;  // T's default, which takes no memory

  // Implicit, as std::optional's; of references, so that no copy of what may be personal is left on
  // the stack. NOLINTBEGIN(google-explicit-constructor)
  Shared(const T& value) : value_(value == Default() ? nullptr : std::make_shared<T>(value)) {}
  Shared(T&& value)
      : value_(value == Default() ? nullptr : std::make_shared<T>(std::move(value))) {}
  // NOLINTEND(google-explicit-constructor)

  const T& operator*() const { return value_ == nullptr ? Default() : *value_; }
  const T* operator->() const { return &**this; }

  // A copy of the value, for this one alone, to be changed by who has just made it. Good until this
  // one is copied: a change that came later would show in both.
  T& Edit() {
    const std::shared_ptr<T> own = std::make_shared<T>(**this);
    value_ = own;
    return *own;
  }

  friend bool operator==(const Shared& one, const Shared& other) {
    return one.value_ == other.value_ || *one == *other;
  }

 private:
  static const T& Default() {
    static const T& value = *new T;  // never destroyed: who reads it may outlive it
    return value;
  }

  std::shared_ptr<const T> value_;  // null: T's default
};

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_SHARED_H_
