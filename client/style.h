// How a terminal is to be written to: how wide it is, whether it shows colour and more than ASCII,
// in which time zone its reader lives. Everything that is rendered for people takes a Look, and so
// is a pure function.

#ifndef CIBAD_CLIENT_STYLE_H_
#define CIBAD_CLIENT_STYLE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {

struct Look {
  int columns = 80;
  bool colour = false;
  bool unicode = true;  // block letters, bars and ticks; otherwise ASCII
  absl::TimeZone zone = absl::UTCTimeZone();
};

// What a piece of text is, rather than its colour.
enum class Tone { kPlain, kStrong, kFaint, kGood, kWarning, kBad, kCode };

// The text in the tone's colour and weight, or as it is where the look has none.
std::string Paint(absl::string_view text, Tone tone, const Look& look);

}  // namespace cibad

#endif  // CIBAD_CLIENT_STYLE_H_
