// A host with several addresses, of which the first refuses. The names come from this file's
// own getaddrinfo, which takes the place of the C library's in this binary.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

constexpr absl::string_view kManyAddresses = "many-addresses.test";

int RealGetaddrinfo(const char* node, const char* service, const addrinfo* hints,
                    addrinfo** result) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}

}  // namespace
}  // namespace cibad

// 127.0.0.2, and 127.0.0.1, where alone somebody listens.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  if (node == nullptr || node != cibad::kManyAddresses) {
    return cibad::RealGetaddrinfo(node, service, hints, result);
  }
  addrinfo** next = result;
  for (const char* address : {"127.0.0.2", "127.0.0.1"}) {
    const int error = cibad::RealGetaddrinfo(address, service, hints, next);
    if (error != 0) return error;
    while (*next != nullptr) next = &(*next)->ai_next;
  }
  return 0;
}

namespace cibad {
namespace {

TEST(AddressFallbackTest, TheNextAddressIsTriedWhenOneRefuses) {
  const TestAuthority authority;
  TlsServer server(authority.Issue(absl::StrCat("DNS:", kManyAddresses)),
                   [](TlsConnection& connection) {
                     while (connection.ReadRequest()) connection.Write(Http1Answer(200, "ok"));
                   });
  CurlClientOptions options;
  options.ca_file = authority.file();
  ClientHarness harness(options);
  const std::string url = absl::StrCat("https://", kManyAddresses, ":", server.port(), "/");
  const HttpResult result = harness.Exchange(Post(url, "a=b"));
  EXPECT_EQ(Summary(result), "200 ok") << ErrorText(result);
}

}  // namespace
}  // namespace cibad
