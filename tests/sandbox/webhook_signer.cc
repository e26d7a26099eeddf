#include "tests/sandbox/webhook_signer.h"

#include <openssl/evp.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cibad {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string HashOf(const std::string& text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
             EVP_sha256(), nullptr);
  return absl::Base64Escape(digest.substr(0, size));
}

// By OpenSSL's signing calls, not by the one-shot HMAC that the daemon uses.
std::string MacOf(const std::string& secret, const std::string& text) {
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nullptr, Bytes(secret), secret.size()));
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  size_t size = mac.size();
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &size, Bytes(text),
                 text.size());
  return absl::Base64Escape(mac.substr(0, size));
}

}  // namespace

SignedDelivery SignDelivery(const std::string& url, const std::string& secret,
                            const std::string& body) {
  const size_t host_begin = url.find("//") + 2;
  const size_t host_end = url.find('/', host_begin);
  const std::string host = url.substr(host_begin, host_end - host_begin);
  SignedDelivery delivery;
  delivery.path_and_query = host_end == std::string::npos ? "/" : url.substr(host_end);
  delivery.body = body;
  const std::string date =
      absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", absl::Now(), absl::UTCTimeZone());
  const std::string hash = HashOf(body);
  const std::string text =
      absl::StrCat("POST\n", delivery.path_and_query, "\n", date, ";", host, ";", hash);
  delivery.headers = {absl::StrCat("Host: ", host), absl::StrCat("x-ms-date: ", date),
                      absl::StrCat("x-ms-content-sha256: ", hash),
                      absl::StrCat("Authorization: HMAC-SHA256 "
                                   "SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=",
                                   MacOf(secret, text))};
  return delivery;
}

std::string PingBody(const std::string& auth_req_id) {
  return absl::StrCat("{\"auth_req_id\":\"", auth_req_id, "\"}");
}

}  // namespace cibad
