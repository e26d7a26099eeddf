#include "client/countdown.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/text.h"

namespace cibad {
namespace {

constexpr int kShortestBar = 10;
constexpr int kLongestBar = 48;

int64_t WholeSeconds(absl::Duration left) {
  return absl::ToInt64Seconds(absl::Ceil(left, absl::Seconds(1)));
}

std::string Repeat(absl::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

Tone ToneOf(double share) {
  if (share > 1.0 / 3) return Tone::kGood;
  return share > 0.1 ? Tone::kWarning : Tone::kBad;
}

std::string Bar(double share, int length, const Look& look) {
  const int full = std::clamp(static_cast<int>(std::lround(share * length)), 0, length);
  const absl::string_view filled = look.unicode ? "━" : "=";
  const absl::string_view empty = look.unicode ? "─" : "-";
  return absl::StrCat(Paint(Repeat(filled, full), ToneOf(share), look),
                      Paint(Repeat(empty, length - full), Tone::kFaint, look));
}

}  // namespace

std::string FormatTimeLeft(absl::Duration left) {
  const int64_t seconds = WholeSeconds(left);
  return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
}

std::string RenderCountdown(const TimeLeft& time, absl::string_view hint, const Look& look) {
  // A line as wide as the terminal would make some of them wrap.
  int room = look.columns - 1 - static_cast<int>(kIndent.size());
  const bool is_up = time.left <= absl::ZeroDuration();
  const std::string words = is_up ? "Time is up, waiting for the last word"
                                  : absl::StrCat(FormatTimeLeft(time.left), " left");
  std::string line(kIndent);
  room -= DisplayWidth(words);
  const std::string tail = hint.empty() ? "" : absl::StrCat(look.unicode ? " · " : " - ", hint);
  const bool shows_hint = room - DisplayWidth(tail) >= (is_up ? 0 : kShortestBar + 2);
  if (shows_hint) room -= DisplayWidth(tail);
  if (!is_up && room >= kShortestBar + 2) {
    const double share = absl::FDivDuration(time.left, time.total);
    absl::StrAppend(&line, Bar(share, std::min(room - 2, kLongestBar), look), "  ");
  }
  absl::StrAppend(&line, Paint(Shorten(words, std::max(look.columns - 3, 1)), Tone::kStrong, look));
  if (shows_hint) absl::StrAppend(&line, Paint(tail, Tone::kFaint, look));
  return line;
}

absl::Duration UntilNextChange(const TimeLeft& time) {
  if (time.left <= absl::ZeroDuration()) return absl::InfiniteDuration();
  const absl::Duration shown = absl::Seconds(WholeSeconds(time.left));
  return time.left - (shown - absl::Seconds(1));
}

}  // namespace cibad
