// The binding message in letters that can be read across a counter.

#ifndef CIBAD_CLIENT_BIG_LETTERS_H_
#define CIBAD_CLIENT_BIG_LETTERS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cibad {

// The text as five lines of block letters, in `█`, or in `#` where `unicode` is false. Knows A-Z,
// 0-9 and `-` (the alphabet of binding messages). Empty where another character occurs or the lines
// would be wider than `width` columns: show the text as it is then.
std::vector<std::string> BigLetters(absl::string_view text, int width, bool unicode);

}  // namespace cibad

#endif  // CIBAD_CLIENT_BIG_LETTERS_H_
