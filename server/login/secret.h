// A text that nobody but its receiver may see: a client secret, a key, an access token. The type
// exists so that it gets nowhere by accident: it cannot be printed, streamed, formatted or put into
// JSON, is compared in a time that tells nothing, stands in one place of the memory however often
// it is copied, and is overwritten when the last copy goes.
//
// server/ops/wiped_memory.cc overwrites whatever the daemon frees. This type is for what that does
// not reach: short strings, which lie in their object and, moved, leave their bytes behind; and
// copies that live on for as long as the configuration does.

#ifndef CIBAD_SERVER_LOGIN_SECRET_H_
#define CIBAD_SERVER_LOGIN_SECRET_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace cibad {

// A string with room for so many bytes has its text on the heap, whatever its length, and leaves
// none of it on the stack when it is moved.
inline constexpr size_t kHeapTextBytes = 32;

// Overwrites the whole room of the text, also what lies behind its end, and empties it.
void WipeText(std::string& text);

// Overwrites what functions that have returned left on the stack of this thread, to 32 KiB below
// the caller. A library puts short texts and buffers there that nobody else can wipe, and where a
// thread has nothing to do they stay.
void WipeStackBelow();

// In a time that depends on the lengths alone.
bool EqualInConstantTime(absl::string_view one, absl::string_view other);

// Immutable; copies share the one place. Thread-safe like a shared_ptr to a constant.
class Secret {
 public:
  // None, which is empty.
  Secret() = default;

  // Copies the text; the caller's own is the caller's to wipe.
  explicit Secret(absl::string_view text);

  // Takes the text over and wipes it.
  static Secret Take(std::string&& text);

  bool empty() const { return text_ == nullptr; }

  // The text, for whoever sends it, signs or opens something with it. It lives as long as a copy of
  // the secret. Not to be kept, and not to be put where it stays.
  const std::string& Reveal() const;

  friend bool operator==(const Secret& one, const Secret& other) {
    return EqualInConstantTime(one.Reveal(), other.Reveal());
  }

 private:
  struct Text;
  std::shared_ptr<const Text> text_;  // null: empty
};

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_SECRET_H_
