#include "client/text.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr absl::string_view kReplacementUtf8 = "\xEF\xBF\xBD";
constexpr absl::string_view kEllipsis = "…";

struct CodePoint {
  char32_t value;
  size_t bytes;
  bool valid;
};

// Decodes the first character of a text that is not empty (RFC 3629: no surrogates, no overlong
// forms).
CodePoint FirstCodePoint(absl::string_view text) {
  constexpr CodePoint kInvalid{kReplacement, 1, false};
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return kInvalid;
  char32_t value = lead & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return kInvalid;
    value = (value << 6U) | (next & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[bytes] || value > 0x10FFFF || surrogate) return kInvalid;
  return {value, bytes, true};
}

using Range = std::pair<char32_t, char32_t>;

template <size_t size>
bool IsIn(const std::array<Range, size>& ranges, char32_t value) {
  return std::any_of(ranges.begin(), ranges.end(), [value](const Range& range) {
    return value >= range.first && value <= range.second;
  });
}

// C0, DEL and C1; marks and overrides of direction (Unicode Annex 9); line and paragraph
// separators.
bool IsDropped(char32_t value) {
  constexpr std::array<Range, 7> kDropped{{{0, 0x1F},
                                           {0x7F, 0x9F},
                                           {0x061C, 0x061C},
                                           {0x200E, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2066, 0x2069},
                                           {0xFEFF, 0xFEFF}}};
  return IsIn(kDropped, value);
}

int WidthOf(char32_t value) {
  constexpr std::array<Range, 5> kNone{
      {{0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
  constexpr std::array<Range, 8> kWide{{{0x1100, 0x115F},
                                        {0x2E80, 0xA4CF},
                                        {0xAC00, 0xD7A3},
                                        {0xF900, 0xFAFF},
                                        {0xFE30, 0xFE6F},
                                        {0xFF00, 0xFF60},
                                        {0x1F300, 0x1FAFF},
                                        {0x20000, 0x3FFFD}}};
  if (IsIn(kNone, value)) return 0;
  return IsIn(kWide, value) ? 2 : 1;
}

// The longest beginning of the text that fits in `width` columns; at least one character.
absl::string_view FittingBeginning(absl::string_view text, int width) {
  size_t end = 0;
  int used = 0;
  while (end < text.size()) {
    const CodePoint next = FirstCodePoint(text.substr(end));
    used += WidthOf(next.value);
    if (used > width && end > 0) break;
    end += next.bytes;
  }
  return text.substr(0, end);
}

void CleanStrings(google::protobuf::Message* message,
                  const google::protobuf::FieldDescriptor* field, LineBreaks line_breaks) {
  const google::protobuf::Reflection* reflection = message->GetReflection();
  if (!field->is_repeated()) {
    reflection->SetString(message, field,
                          Clean(reflection->GetString(*message, field), line_breaks));
    return;
  }
  for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
    reflection->SetRepeatedString(
        message, field, i, Clean(reflection->GetRepeatedString(*message, field, i), line_breaks));
  }
}

void CleanMessages(google::protobuf::Message* message,
                   const google::protobuf::FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = message->GetReflection();
  if (!field->is_repeated()) {
    CleanMessage(reflection->MutableMessage(message, field));
    return;
  }
  for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
    CleanMessage(reflection->MutableRepeatedMessage(message, field, i));
  }
}

}  // namespace

std::string Clean(absl::string_view text, LineBreaks line_breaks) {
  std::string clean;
  for (size_t i = 0; i < text.size();) {
    const CodePoint next = FirstCodePoint(text.substr(i));
    const bool keeps_break = next.value == '\n' && line_breaks == LineBreaks::kKept;
    if (!next.valid) {
      absl::StrAppend(&clean, kReplacementUtf8);
    } else if (keeps_break || !IsDropped(next.value)) {
      absl::StrAppend(&clean, text.substr(i, next.bytes));
    } else if (next.value == '\n' || next.value == '\t') {
      clean.push_back(' ');
    }
    i += next.bytes;
  }
  return clean;
}

void CleanMessage(google::protobuf::Message* message) {
  const absl::string_view type(message->GetDescriptor()->full_name());
  if (type == "google.protobuf.Struct") return;
  const LineBreaks line_breaks =
      type == "cibad.v1.Address" ? LineBreaks::kKept : LineBreaks::kToSpaces;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message->GetReflection()->ListFields(*message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      CleanStrings(message, field, line_breaks);
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      CleanMessages(message, field);
    }
  }
}

int DisplayWidth(absl::string_view text) {
  int width = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint next = FirstCodePoint(text.substr(i));
    width += WidthOf(next.value);
    i += next.bytes;
  }
  return width;
}

std::vector<std::string> Wrap(absl::string_view text, int width) {
  std::vector<std::string> lines(1);
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    std::string* line = &lines.back();
    if (!line->empty() && DisplayWidth(*line) + 1 + DisplayWidth(word) <= width) {
      absl::StrAppend(line, " ", word);
      continue;
    }
    if (!line->empty()) lines.emplace_back();
    while (DisplayWidth(word) > width) {
      const absl::string_view beginning = FittingBeginning(word, width);
      lines.back() = std::string(beginning);
      lines.emplace_back();
      word.remove_prefix(beginning.size());
    }
    lines.back() = std::string(word);
  }
  return lines;
}

std::string Shorten(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width <= 1) return std::string(kEllipsis);
  return absl::StrCat(FittingBeginning(text, width - 1), kEllipsis);
}

std::string PadTo(absl::string_view text, int width) {
  const int missing = std::max(width - DisplayWidth(text), 0);
  return absl::StrCat(text, std::string(static_cast<size_t>(missing), ' '));
}

}  // namespace cibad
