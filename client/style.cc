#include "client/style.h"

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

// "Select graphic rendition" parameters (ECMA-48 8.3.117). Only the sixteen colours that a
// terminal's own theme defines, so that it is readable on dark and light.
absl::string_view Rendition(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kStrong:
      return "1";
    case Tone::kFaint:
      return "2";
    case Tone::kGood:
      return "1;32";
    case Tone::kWarning:
      return "1;33";
    case Tone::kBad:
      return "1;31";
    case Tone::kCode:
      return "1;36";
  }
  return "";
}

}  // namespace

std::string Paint(absl::string_view text, Tone tone, const Look& look) {
  const absl::string_view rendition = Rendition(tone);
  if (!look.colour || rendition.empty() || text.empty()) return std::string(text);
  return absl::StrCat("\x1b[", rendition, "m", text, "\x1b[0m");
}

}  // namespace cibad
