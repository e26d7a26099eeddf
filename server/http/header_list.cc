#include "server/http/header_list.h"

#include <cassert>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace cibad {
namespace {

// So that a list seldom has to grow, and is not made within the string itself: that would be left
// on the stack, and headers hold credentials.
constexpr size_t kUsualHeaderBytes = 512;

}  // namespace

void HeaderList::Add(std::initializer_list<absl::string_view> pieces) {
  if (text_.capacity() < kUsualHeaderBytes) text_.reserve(kUsualHeaderBytes);
  for (const absl::string_view piece : pieces) text_.append(piece.data(), piece.size());
  assert(text_.size() <= std::numeric_limits<uint32_t>::max());
  ends_.push_back(static_cast<uint32_t>(text_.size()));
  text_.push_back('\0');
}

absl::string_view HeaderList::Find(absl::string_view name) const {
  for (size_t i = size(); i-- > 0;) {
    const absl::string_view line = (*this)[i];
    if (line.size() > name.size() && line[name.size()] == ':' &&
        absl::EqualsIgnoreCase(line.substr(0, name.size()), name)) {
      return absl::StripAsciiWhitespace(line.substr(name.size() + 1));
    }
  }
  return "";
}

}  // namespace cibad
