#include "server/provider/webhook_signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

constexpr size_t kMaxDateBytes = 64;  // "Tue, 24 Nov 2026 06:07:52 GMT" has 29
constexpr size_t kMaxPingIdBytes = 1024;
constexpr size_t kHashTextBytes = 44;  // 32 bytes in base64

absl::Status Forged(absl::string_view what) { return absl::UnauthenticatedError(what); }

std::string Base64(const unsigned char* bytes, size_t size) {
  return absl::Base64Escape(absl::string_view(reinterpret_cast<const char*>(bytes), size));
}

std::string Sha256Base64(absl::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  return Base64(hash.data(), hash.size());
}

// What the secret signs the text with. Who sees one can send the text that goes with it.
Secret HmacBase64(const Secret& secret, absl::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.Reveal().data(), static_cast<int>(secret.Reveal().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  Secret signature = Secret::Take(Base64(mac.data(), size));
  OPENSSL_cleanse(mac.data(), mac.size());
  return signature;
}

// The value of "NAME=value", with blanks around either; nothing of another name.
absl::StatusOr<absl::string_view> ValueOf(absl::string_view parameter, absl::string_view name) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(parameter, absl::MaxSplits('=', 1));
  if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts.first), name)) {
    return Forged(absl::StrCat("Authorization has no ", name, " where it should be"));
  }
  return absl::StripAsciiWhitespace(parts.second);
}

// The signature in "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={…}".
absl::StatusOr<absl::string_view> SignatureIn(absl::string_view authorization) {
  constexpr absl::string_view kScheme = "HMAC-SHA256";
  constexpr absl::string_view kSignedHeaders = "x-ms-date;host;x-ms-content-sha256";
  authorization = absl::StripAsciiWhitespace(authorization);
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return Forged("not HMAC-SHA256");
  authorization.remove_prefix(kScheme.size());
  if (authorization.empty() || !absl::ascii_isspace(static_cast<unsigned char>(authorization[0])))
    return Forged("not HMAC-SHA256");
  const std::vector<absl::string_view> parameters = absl::StrSplit(authorization, '&');
  if (parameters.size() != 2) return Forged("Authorization has not two parameters");
  const auto headers = ValueOf(parameters[0], "SignedHeaders");
  if (!headers.ok()) return headers.status();
  if (!absl::EqualsIgnoreCase(*headers, kSignedHeaders)) return Forged("other headers are signed");
  const auto signature = ValueOf(parameters[1], "Signature");
  if (!signature.ok()) return signature.status();
  if (signature->size() != kHashTextBytes) return Forged("the signature has not 32 bytes");
  return *signature;
}

// The hosts that may have been signed: a URL's host is written with its port or without.
std::vector<absl::string_view> SignedHosts(absl::string_view host) {
  std::vector<absl::string_view> hosts = {host};
  const size_t port = host.rfind(':');
  if (port != absl::string_view::npos && host.back() != ']') hosts.push_back(host.substr(0, port));
  return hosts;
}

absl::Status WrongUrl(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status CheckHost(absl::string_view host) {
  if (host.empty() || host[0] == ':') return WrongUrl("has no host");
  const auto is_fit = [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || absl::StrContains(".-_:[]", c);
  };
  if (!std::all_of(host.begin(), host.end(), is_fit))
    return WrongUrl("must have a host in lower case, without user name or password");
  if (absl::EndsWith(host, ":443")) return WrongUrl("must not name port 443, which https has");
  return absl::OkStatus();
}

bool HasDotSegment(absl::string_view path) {
  const std::vector<absl::string_view> segments = absl::StrSplit(path, '/');
  return std::any_of(segments.begin(), segments.end(),
                     [](absl::string_view segment) { return segment == "." || segment == ".."; });
}

}  // namespace

absl::StatusOr<WebhookEndpoint> ParseWebhookUrl(absl::string_view url) {
  constexpr size_t kMaxUrl = 1024;
  if (!absl::ConsumePrefix(&url, "https://")) return WrongUrl("must start with https://");
  if (url.size() > kMaxUrl) return WrongUrl(absl::StrCat("is longer than ", kMaxUrl, " bytes"));
  if (!IsVisibleAscii(url) || url.find_first_of("\"<>\\^`{|}#") != absl::string_view::npos) {
    return WrongUrl("must be plain ASCII without spaces, fragment or characters to be escaped");
  }
  const size_t host_size = std::min(url.find_first_of("/?"), url.size());
  const absl::string_view host = url.substr(0, host_size);
  if (absl::Status status = CheckHost(host); !status.ok()) return status;
  WebhookEndpoint endpoint;
  endpoint.host = std::string(host);
  const absl::string_view rest = url.substr(host_size);
  endpoint.path_and_query = absl::StrCat(absl::StartsWith(rest, "/") ? "" : "/", rest);
  endpoint.path = endpoint.path_and_query.substr(0, endpoint.path_and_query.find('?'));
  if (HasDotSegment(endpoint.path)) return WrongUrl("must have no . or .. in its path");
  return endpoint;
}

absl::Status VerifyDelivery(const WebhookDelivery& delivery, const WebhookEndpoint& endpoint) {
  if (delivery.date.empty() || delivery.date.size() > kMaxDateBytes)
    return Forged("x-ms-date is no date");
  const absl::StatusOr<absl::string_view> signature = SignatureIn(delivery.authorization);
  if (!signature.ok()) return signature.status();
  if (!EqualInConstantTime(delivery.content_sha256, Sha256Base64(delivery.body)))
    return Forged("the body does not have the hash of x-ms-content-sha256");
  bool is_signed = false;
  for (const absl::string_view host : SignedHosts(endpoint.host)) {
    const std::string text = absl::StrCat("POST\n", endpoint.path_and_query, "\n", delivery.date,
                                          ";", host, ";", delivery.content_sha256);
    for (const Secret& secret : endpoint.secrets) {
      is_signed |= EqualInConstantTime(*signature, HmacBase64(secret, text).Reveal());
    }
  }
  return is_signed ? absl::OkStatus() : Forged("no secret of the webhook's has signed it");
}

absl::StatusOr<std::string> ReadPing(absl::string_view body) {
  const absl::StatusOr<nlohmann::json> object = ParseJsonObject(body);
  if (!object.ok()) return object.status();
  const std::string* id = FindText(*object, "auth_req_id");
  if (id == nullptr) return absl::InvalidArgumentError("auth_req_id is missing or no text");
  if (id->empty() || id->size() > kMaxPingIdBytes || !IsVisibleAscii(*id))
    return absl::InvalidArgumentError("auth_req_id is empty, too long or no plain text");
  return *id;
}

}  // namespace cibad
