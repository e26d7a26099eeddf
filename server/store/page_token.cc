#include "server/store/page_token.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

constexpr size_t kMaxTokenBytes = 256;
constexpr absl::string_view kAll = "all";
constexpr absl::string_view kUnfinished = "unfinished";

bool IsId(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return absl::ascii_isgraph(c); });
}

}  // namespace

std::string EncodePageToken(const PagePosition& position) {
  return absl::WebSafeBase64Escape(absl::StrCat(position.unfinished_only ? kUnfinished : kAll, ":",
                                                position.create_time, ":", position.id));
}

absl::StatusOr<PagePosition> DecodePageToken(absl::string_view token) {
  const absl::Status garbage =
      absl::InvalidArgumentError("page_token: is not one that a list gave");
  std::string text;
  if (token.size() > kMaxTokenBytes || !absl::WebSafeBase64Unescape(token, &text)) return garbage;
  const std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 2));
  PagePosition position;
  if (parts.size() != 3 || !IsId(parts[2]) || !absl::SimpleAtoi(parts[1], &position.create_time))
    return garbage;
  position.unfinished_only = parts[0] == kUnfinished;
  position.id = parts[2];
  // One position has one token: this also catches another first word, spaces around the number and
  // padding.
  if (EncodePageToken(position) != token) return garbage;
  return position;
}

}  // namespace cibad
