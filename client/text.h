// Text that comes from elsewhere, made fit for a terminal: without control characters, measured in
// columns, wrapped and cut. Everything is UTF-8.

#ifndef CIBAD_CLIENT_TEXT_H_
#define CIBAD_CLIENT_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace cibad {

enum class LineBreaks { kToSpaces, kKept };

// In front of what is shown, and between the columns of a table.
inline constexpr absl::string_view kIndent = "  ";
inline constexpr absl::string_view kColumnGap = "  ";

// Leaves nothing that a terminal would act on: drops control characters (C0, DEL, C1, so every
// escape sequence loses its beginning) and the characters that turn the direction of writing; a tab
// becomes a space; a byte that is not UTF-8 becomes U+FFFD.
std::string Clean(absl::string_view text, LineBreaks line_breaks = LineBreaks::kToSpaces);

// Cleans every string of the message, of whatever depth. Line breaks stay only in addresses, where
// they mean something. Not the contents of a Struct: clean these when they are shown.
void CleanMessage(google::protobuf::Message* message);

// How many columns the text takes on a terminal: wide characters two, combining marks none.
int DisplayWidth(absl::string_view text);

// The text in lines of at most `width` columns, broken at spaces, and within a word only where the
// word alone is wider. At least one line. `width` is at least 1.
std::vector<std::string> Wrap(absl::string_view text, int width);

// The text, or where it is wider than `width` its beginning and `…`.
std::string Shorten(absl::string_view text, int width);

// The text and as many spaces as it lacks to `width`.
std::string PadTo(absl::string_view text, int width);

}  // namespace cibad

#endif  // CIBAD_CLIENT_TEXT_H_
