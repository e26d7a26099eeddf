#include "server/http/request_check.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "server/http/character_set.h"

namespace cibad {
namespace {

// RFC 9110, 5.6.2.
constexpr CharacterSet kTokenCharacters("!#$%&'*+-.^_`|~");

bool IsTokenCharacter(char c) { return kTokenCharacters.Has(c); }

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }

absl::Status CheckHeader(absl::string_view header) {
  if (header.size() > kMaxRequestHeaderBytes) {
    return absl::InvalidArgumentError("a request header is longer than 16 KiB");
  }
  const size_t colon = header.find(':');
  if (colon == absl::string_view::npos || colon == 0) {
    return absl::InvalidArgumentError("a request header is not of the form \"Name: value\"");
  }
  const absl::string_view name = header.substr(0, colon);
  const absl::string_view value = header.substr(colon + 1);
  if (!std::all_of(name.begin(), name.end(), IsTokenCharacter)) {
    return absl::InvalidArgumentError("a request header's name has a character that names may not");
  }
  if (std::any_of(value.begin(), value.end(), [](char c) { return IsControl(c) && c != '\t'; })) {
    return absl::InvalidArgumentError("a request header's value has a control character in it");
  }
  // libcurl would leave such a header out without a word.
  if (absl::StripAsciiWhitespace(value).empty()) {
    return absl::InvalidArgumentError("a request header has no value");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<absl::string_view> AuthorityOf(absl::string_view url) {
  constexpr absl::string_view kScheme = "https://";
  if (url.size() > kMaxUrlBytes) return absl::InvalidArgumentError("the URL is longer than 8 KiB");
  if (!absl::StartsWithIgnoreCase(url, kScheme)) {
    return absl::InvalidArgumentError("the URL does not begin with https://");
  }
  if (std::any_of(url.begin(), url.end(), [](char c) { return IsControl(c) || c == ' '; })) {
    return absl::InvalidArgumentError("the URL has a space or a control character in it");
  }
  const absl::string_view rest = url.substr(kScheme.size());
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?#\\"));
  if (authority.empty()) return absl::InvalidArgumentError("the URL names no host");
  if (absl::StrContains(authority, '@')) {
    return absl::InvalidArgumentError("the URL has a user name or password in it");
  }
  return authority;
}

absl::Status CheckRequest(const HttpRequest& request) {
  if (const auto authority = AuthorityOf(request.url); !authority.ok()) return authority.status();
  if (request.headers.size() > kMaxRequestHeaders) {
    return absl::InvalidArgumentError("the request has more than 50 headers");
  }
  for (const absl::string_view header : request.headers) {
    if (absl::Status status = CheckHeader(header); !status.ok()) return status;
  }
  if (request.body.size() > kMaxRequestBodyBytes) {
    return absl::InvalidArgumentError("the request's body is longer than 64 KiB");
  }
  return absl::OkStatus();
}

}  // namespace cibad
