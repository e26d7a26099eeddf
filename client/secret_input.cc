#include "client/secret_input.h"

#include <cstddef>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr size_t kMostBytes = 16 << 10;

// One byte more than is accepted, so that too long a text is seen to be one.
std::string ReadUpTo(std::istream& stream, size_t most) {
  std::string text;
  for (char byte = 0; text.size() <= most && stream.get(byte);) text.push_back(byte);
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadSecret(const std::string& file) {
  const bool is_stdin = file == "-";
  std::ifstream stream;
  if (!is_stdin) stream.open(file, std::ios::binary);
  const std::string name = is_stdin ? "stdin" : file;
  if (!is_stdin && !stream) return absl::InvalidArgumentError(absl::StrCat("cannot read ", name));
  const std::string text = ReadUpTo(is_stdin ? std::cin : stream, kMostBytes);
  if (text.size() > kMostBytes) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is longer than 16 KiB"));
  }
  const absl::string_view line = absl::StripSuffix(absl::StripSuffix(text, "\n"), "\r");
  if (line.empty()) return absl::InvalidArgumentError(absl::StrCat(name, " is empty"));
  return std::string(line);
}

absl::Status ReadSecrets(CommandLine& line) {
  if (!line.customer_token_file.empty()) {
    absl::StatusOr<std::string> token = ReadSecret(line.customer_token_file);
    if (!token.ok()) return token.status();
    line.start.set_customer_token(*std::move(token));
  }
  const auto is_stdin = [](const std::string& given) { return given == "-"; };
  v1::CompleteLoginRequest& complete = line.complete;
  if (!is_stdin(complete.code()) && !is_stdin(complete.callback_query())) return absl::OkStatus();
  absl::StatusOr<std::string> answer = ReadSecret("-");
  if (!answer.ok()) return answer.status();
  if (complete.answer_case() == v1::CompleteLoginRequest::kCode) {
    complete.set_code(*std::move(answer));
  } else {
    complete.set_callback_query(*std::move(answer));
  }
  return absl::OkStatus();
}

}  // namespace cibad
