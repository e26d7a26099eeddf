// Where a list goes on: the position of the last login of a page, as an opaque text for callers.

#ifndef CIBAD_SERVER_STORE_PAGE_TOKEN_H_
#define CIBAD_SERVER_STORE_PAGE_TOKEN_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

// The last login that was given, and of which list; as made, the start of the list of all logins.
struct PagePosition {
  bool unfinished_only = false;
  // Before the newest: no stored time is later, and `~` sorts after every character of an id.
  int64_t create_time = std::numeric_limits<int64_t>::max();  // as stored: nanoseconds since 1970
  std::string id = "~";
};

std::string EncodePageToken(const PagePosition& position);

// INVALID_ARGUMENT: not a token of EncodePageToken's making.
absl::StatusOr<PagePosition> DecodePageToken(absl::string_view token);

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_PAGE_TOKEN_H_
