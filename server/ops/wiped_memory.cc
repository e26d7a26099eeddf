// Replaces free and realloc of the C library in the executable that it is linked into: memory is
// overwritten with zeros before it is given back. So secrets, tokens and customers' data are gone
// with the object that held them, whoever held them: a std::string, a JSON value, a message of
// gRPC, a buffer of libcurl, OpenSSL or SQLite, since all of them come here in the end. The type
// for secrets (server/login/secret.h) would miss the libraries' copies, which are most of them.
//
// What it cannot wipe is memory that is still in use: stacks, and buffers that are kept.
// docs/security.md says what was found there.
//
// Not in the sanitizer builds, which have an allocator of their own.

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

// The C library's own, exported for who wraps them. NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" void __libc_free(void* memory);
// NOLINTEND(bugprone-reserved-identifier)

extern "C" void free(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  __libc_free(memory);
}

// The C library's would give back what it moves away from without coming here.
extern "C" void* realloc(void* memory, size_t size) noexcept {
  if (memory == nullptr) return malloc(size);
  if (size == 0) {
    free(memory);
    return nullptr;
  }
  const size_t room = malloc_usable_size(memory);
  const bool is_mostly_used = size > room / 2;
  if (size <= room && is_mostly_used) return memory;
  void* const moved = malloc(size);
  if (moved == nullptr) return size <= room ? memory : nullptr;
  std::memcpy(moved, memory, std::min(room, size));
  free(memory);
  return moved;
}
