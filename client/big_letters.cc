#include "client/big_letters.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/text.h"

namespace cibad {
namespace {

constexpr size_t kHeight = 5;

struct Glyph {
  char character;
  std::array<absl::string_view, kHeight> lines;  // of equal width
};

// The zero is slashed, I has serifs and S and 5 differ in their corners, because staff and customer
// compare these letters on two screens.
constexpr std::array<Glyph, 37> kGlyphs{{
    {'A', {" ##### ", "##   ##", "#######", "##   ##", "##   ##"}},
    {'B', {"###### ", "##   ##", "###### ", "##   ##", "###### "}},
    {'C', {" ######", "##     ", "##     ", "##     ", " ######"}},
    {'D', {"###### ", "##   ##", "##   ##", "##   ##", "###### "}},
    {'E', {"#######", "##     ", "#####  ", "##     ", "#######"}},
    {'F', {"#######", "##     ", "#####  ", "##     ", "##     "}},
    {'G', {" ######", "##     ", "##  ###", "##   ##", " ######"}},
    {'H', {"##   ##", "##   ##", "#######", "##   ##", "##   ##"}},
    {'I', {"######", "  ##  ", "  ##  ", "  ##  ", "######"}},
    {'J', {"     ##", "     ##", "     ##", "##   ##", " ##### "}},
    {'K', {"##   ##", "##  ## ", "#####  ", "##  ## ", "##   ##"}},
    {'L', {"##     ", "##     ", "##     ", "##     ", "#######"}},
    {'M', {"##    ##", "###  ###", "## ## ##", "##    ##", "##    ##"}},
    {'N', {"###  ##", "#### ##", "## ####", "##  ###", "##   ##"}},
    {'O', {" ##### ", "##   ##", "##   ##", "##   ##", " ##### "}},
    {'P', {"###### ", "##   ##", "###### ", "##     ", "##     "}},
    {'Q', {" ##### ", "##   ##", "## # ##", "##  ## ", " ### ##"}},
    {'R', {"###### ", "##   ##", "###### ", "##  ## ", "##   ##"}},
    {'S', {" ######", "##     ", " ##### ", "     ##", "###### "}},
    {'T', {"########", "   ##   ", "   ##   ", "   ##   ", "   ##   "}},
    {'U', {"##   ##", "##   ##", "##   ##", "##   ##", " ##### "}},
    {'V', {"##   ##", "##   ##", "##   ##", " ## ## ", "  ###  "}},
    {'W', {"##    ##", "##    ##", "## ## ##", "###  ###", "##    ##"}},
    {'X', {"##   ##", " ## ## ", "  ###  ", " ## ## ", "##   ##"}},
    {'Y', {"##    ##", " ##  ## ", "  ####  ", "   ##   ", "   ##   "}},
    {'Z', {"#######", "    ## ", "  ###  ", " ##    ", "#######"}},
    {'0', {" ##### ", "##  ###", "## # ##", "###  ##", " ##### "}},
    {'1', {"  ##  ", "####  ", "  ##  ", "  ##  ", "######"}},
    {'2', {"###### ", "     ##", " ##### ", "##     ", "#######"}},
    {'3', {"###### ", "     ##", " ##### ", "     ##", "###### "}},
    {'4', {"##   ##", "##   ##", "#######", "     ##", "     ##"}},
    {'5', {"#######", "##     ", "###### ", "     ##", "###### "}},
    {'6', {" ##### ", "##     ", "###### ", "##   ##", " ##### "}},
    {'7', {"#######", "    ## ", "   ##  ", "  ##   ", "  ##   "}},
    {'8', {" ##### ", "##   ##", " ##### ", "##   ##", " ##### "}},
    {'9', {" ##### ", "##   ##", " ######", "     ##", " ##### "}},
    {'-', {"     ", "     ", "#####", "     ", "     "}},
}};

const Glyph* GlyphOf(char character) {
  for (const Glyph& glyph : kGlyphs) {
    if (glyph.character == character) return &glyph;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> BigLetters(absl::string_view text, int width, bool unicode) {
  if (text.empty()) return {};
  // Letters stand two columns apart, or one where that is what makes them fit.
  for (const absl::string_view gap : {"  ", " "}) {
    std::vector<std::string> lines(kHeight);
    for (const char character : text) {
      const Glyph* glyph = GlyphOf(character);
      if (glyph == nullptr) return {};
      for (size_t i = 0; i < kHeight; ++i) {
        absl::StrAppend(&lines[i], lines[i].empty() ? "" : gap, glyph->lines[i]);
      }
    }
    if (DisplayWidth(lines[0]) > width) continue;
    if (!unicode) return lines;
    for (std::string& line : lines) line = absl::StrReplaceAll(line, {{"#", "█"}});
    return lines;
  }
  return {};
}

}  // namespace cibad
