#include "server/ops/config_checks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

template <typename Predicate>
bool All(absl::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return predicate(static_cast<unsigned char>(c)); });
}

bool IsPort(absl::string_view text) {
  int port = 0;
  return !text.empty() && text.size() <= 5 && All(text, absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, &port) && port <= 65535;
}

// As an address is written before its port: an IPv6 address in brackets.
bool IsIpAddress(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return true;
  return host.size() > 2 && host.front() == '[' && host.back() == ']' &&
         inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1;
}

absl::Status CheckUnixPath(absl::string_view path) {
  constexpr size_t kMaxPathBytes = 107;  // sockaddr_un's sun_path holds 108, with the final NUL
  if (!absl::StartsWith(path, "/") || absl::EndsWith(path, "/")) {
    return Wrong("a Unix socket is written unix:/ABSOLUTE/PATH");
  }
  if (path.size() > kMaxPathBytes) {
    return Wrong(absl::StrCat("the path of a Unix socket has at most ", kMaxPathBytes,
                              " bytes, this one has ", path.size(), "; choose a shorter one"));
  }
  return absl::OkStatus();
}

// The authority of an absolute URL: what stands between `//` and the path.
absl::string_view Authority(absl::string_view url) {
  const size_t begin = url.find("//") + 2;
  return url.substr(begin, url.find_first_of("/?#", begin) - begin);
}

}  // namespace

absl::Status CheckListenAddress(absl::string_view address, bool has_tls) {
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "unix:")) return CheckUnixPath(rest);
  const size_t colon = address.rfind(':');
  const std::string host(address.substr(0, colon));
  const bool is_loopback = host == "127.0.0.1" || host == "[::1]" || host == "localhost";
  const bool is_host = is_loopback || IsIpAddress(host);
  if (is_host && (colon == absl::string_view::npos || !IsPort(address.substr(colon + 1))))
    return Wrong(absl::StrCat(Quoted(address), " needs a port, 0 to 65535, behind the colon"));
  if (is_loopback || (is_host && has_tls)) return absl::OkStatus();
  if (is_host) {
    return Wrong(absl::StrCat(Quoted(address),
                              " is refused: beyond loopback callers need TLS; add a [tls] section "
                              "with certificate_file and key_file, or write unix:/ABSOLUTE/PATH, "
                              "127.0.0.1:PORT, [::1]:PORT or localhost:PORT"));
  }
  return Wrong(absl::StrCat(Quoted(address),
                            " is no address; write unix:/ABSOLUTE/PATH, IPV4:PORT, [IPV6]:PORT or "
                            "localhost:PORT"));
}

absl::Status CheckIssuer(absl::string_view issuer) {
  constexpr size_t kMaxBytes = 1024;
  if (!absl::StartsWith(issuer, "https://")) return Wrong("must start with https://");
  if (issuer.size() > kMaxBytes) return Wrong(absl::StrCat("is longer than ", kMaxBytes, " bytes"));
  if (!All(issuer, absl::ascii_isgraph)) return Wrong("must be plain ASCII without spaces");
  if (absl::StrContains(issuer, '?'))
    return Wrong("must have no query (OpenID Connect Core 2); remove the ? part");
  if (absl::StrContains(issuer, '#'))
    return Wrong("must have no fragment (OpenID Connect Core 2); remove the # part");
  const absl::string_view authority = Authority(issuer);
  if (authority.empty() || authority[0] == ':') return Wrong("has no host");
  if (absl::StrContains(authority, '@')) return Wrong("must have no user name or password in it");
  return absl::OkStatus();
}

absl::Status CheckProxy(absl::string_view proxy) {
  const bool known_scheme =
      absl::StartsWith(proxy, "http://") || absl::StartsWith(proxy, "https://") ||
      absl::StartsWith(proxy, "socks5://") || absl::StartsWith(proxy, "socks5h://");
  if (!known_scheme) {
    return Wrong(
        "must start with http://, https://, socks5:// or socks5h://, as in "
        "http://proxy.example:3128");
  }
  if (!All(proxy, absl::ascii_isgraph)) return Wrong("must be plain ASCII without spaces");
  const absl::string_view authority = Authority(proxy);
  if (absl::StrContains(authority, '@')) return Wrong("must have no user name or password in it");
  if (authority.empty() || authority[0] == ':') return Wrong("has no host");
  return absl::OkStatus();
}

absl::Status CheckMsn(absl::string_view msn) {
  constexpr size_t kMaxDigits = 20;
  if (msn.empty() || msn.size() > kMaxDigits || !All(msn, absl::ascii_isdigit)) {
    return Wrong(absl::StrCat(Quoted(msn), " is no merchant serial number: it has 1 to ",
                              kMaxDigits, " digits"));
  }
  return absl::OkStatus();
}

absl::Status CheckClientId(absl::string_view client_id) {
  constexpr size_t kMaxBytes = 255;
  if (client_id.size() > kMaxBytes)
    return Wrong(absl::StrCat("is longer than ", kMaxBytes, " characters"));
  if (!All(client_id, absl::ascii_isgraph)) return Wrong("must be plain ASCII without spaces");
  return absl::OkStatus();
}

absl::Status CheckClientSecret(absl::string_view client_secret) {
  if (client_secret.empty()) return Wrong("is empty; write the client secret into it");
  if (!All(client_secret, absl::ascii_isprint)) {
    return Wrong(
        "must hold the client secret alone: one line of plain ASCII, without control characters");
  }
  return absl::OkStatus();
}

absl::Status CheckSubscriptionKey(absl::string_view subscription_key) {
  if (subscription_key.empty()) return Wrong("is empty; write the subscription key into it");
  if (!All(subscription_key, absl::ascii_isgraph)) {
    return Wrong("must hold the subscription key alone: one line of plain ASCII without spaces");
  }
  return absl::OkStatus();
}

absl::Status CheckSystemHeader(absl::string_view value) {
  constexpr size_t kMaxCharacters = 30;
  if (value.size() <= kMaxCharacters && All(value, absl::ascii_isgraph)) return absl::OkStatus();
  return Wrong(absl::StrCat("must be at most ", kMaxCharacters,
                            " characters of plain ASCII without spaces"));
}

std::string NearestWord(absl::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kMaxWordBytes = 64;  // the work grows with its square
  constexpr size_t kFarthest = 2;       // edits: more is another word
  if (word.size() > kMaxWordBytes) return "";
  std::string nearest;
  size_t nearest_distance = kFarthest + 1;
  for (const std::string& candidate : candidates) {
    // Levenshtein's distance, a row at a time.
    std::vector<size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i + 1;
      for (size_t j = 0; j < candidate.size(); ++j) {
        const size_t replaced = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
      }
    }
    if (row.back() < nearest_distance && row.back() < candidate.size()) {
      nearest_distance = row.back();
      nearest = candidate;
    }
  }
  return nearest;
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kMaxBytes = 80;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kMaxBytes)),
                      text.size() > kMaxBytes ? "...\"" : "\"");
}

}  // namespace cibad
