#include "tests/sandbox/form.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

constexpr size_t kMaxParameters = 32;

// The bytes that the URL standard's form serializer, and RFC 3986 for `~`, leave as they are.
bool StandsForItself(char byte) {
  return absl::ascii_isalnum(static_cast<unsigned char>(byte)) || byte == '*' || byte == '-' ||
         byte == '.' || byte == '_' || byte == '~';
}

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// The length of the UTF-8 sequence that begins with this byte; 0 if none does.
size_t SequenceLength(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF5) return 4;
  return 0;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(static_cast<uint8_t>(text[0]));
    if (length == 0 || length > text.size()) return false;
    for (size_t i = 1; i < length; ++i) {
      if (!IsContinuation(text[i])) return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> DecodeFormText(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded.push_back(' ');
    } else if (text[i] == '%') {
      const absl::string_view digits = text.substr(i + 1, 2);
      if (digits.size() != 2 || !absl::ascii_isxdigit(static_cast<unsigned char>(digits[0])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(digits[1]))) {
        return absl::InvalidArgumentError("a percent sign lacks its two hexadecimal digits");
      }
      decoded.append(absl::HexStringToBytes(digits));
      i += 2;
    } else if (StandsForItself(text[i])) {
      decoded.push_back(text[i]);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("byte 0x", absl::Hex(static_cast<uint8_t>(text[i]), absl::kZeroPad2),
                       " has to be percent-encoded"));
    }
  }
  if (!IsUtf8(decoded)) return absl::InvalidArgumentError("the text is not UTF-8");
  return decoded;
}

absl::StatusOr<Form> ParseForm(absl::string_view body) {
  Form form;
  if (body.empty()) return form;
  const std::vector<absl::string_view> parameters = absl::StrSplit(body, '&');
  if (parameters.size() > kMaxParameters) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxParameters, " parameters"));
  }
  for (absl::string_view parameter : parameters) {
    const size_t equals = parameter.find('=');
    if (equals == absl::string_view::npos || equals == 0) {
      return absl::InvalidArgumentError("a parameter is not of the form name=value");
    }
    absl::StatusOr<std::string> name = DecodeFormText(parameter.substr(0, equals));
    if (!name.ok()) return name.status();
    absl::StatusOr<std::string> value = DecodeFormText(parameter.substr(equals + 1));
    if (!value.ok()) return value.status();
    if (!form.emplace(*name, *std::move(value)).second) {
      return absl::InvalidArgumentError(absl::StrCat("parameter ", *name, " comes twice"));
    }
  }
  return form;
}

absl::string_view FormValue(const Form& form, absl::string_view name) {
  const auto found = form.find(std::string(name));
  return found == form.end() ? absl::string_view() : absl::string_view(found->second);
}

}  // namespace cibad
