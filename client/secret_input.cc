#include "client/secret_input.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
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

// A PEM file: certificates, which may be many, or a key.
absl::StatusOr<std::string> ReadPem(const std::string& file) {
  constexpr size_t kMostPemBytes = 1 << 20;
  if (file.empty()) return "";
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return absl::InvalidArgumentError(absl::StrCat("cannot read ", file));
  std::string text = ReadUpTo(stream, kMostPemBytes);
  if (text.size() <= kMostPemBytes && absl::StrContains(text, "-----BEGIN ")) return text;
  return absl::InvalidArgumentError(
      absl::StrCat(file, " holds no PEM, which has a line that starts with -----BEGIN"));
}

absl::Status ReadSecurity(Security& security) {
  const struct {
    const std::string& file;
    std::string& text;
  } files[] = {{security.ca_file, security.ca},
               {security.certificate_file, security.certificate},
               {security.key_file, security.key}};
  for (const auto& [file, text] : files) {
    absl::StatusOr<std::string> pem = ReadPem(file);
    if (!pem.ok()) return pem.status();
    text = *std::move(pem);
  }
  if (security.token_file.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> token = ReadSecret(security.token_file);
  if (!token.ok()) return token.status();
  const bool is_token = std::all_of(token->begin(), token->end(),
                                    [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (!is_token) {
    return absl::InvalidArgumentError(absl::StrCat(
        security.token_file, " must hold the token alone: one line of plain ASCII without spaces"));
  }
  security.token = *std::move(token);
  return absl::OkStatus();
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
  if (absl::Status status = ReadSecurity(line.security); !status.ok()) return status;
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
