#include "server/engine/ping_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kPing[] = R"({"auth_req_id":"request-1"})";

std::string Base64Of(const std::array<unsigned char, 32>& bytes) {
  return absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// A delivery as the provider makes it.
ServerRequest Delivery(const std::string& secret, const std::string& path,
                       const std::string& body = kPing, const std::string& host = "a.example") {
  std::array<unsigned char, 32> digest;
  EVP_Digest(body.data(), body.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  const std::string hash = Base64Of(digest);
  const std::string text = absl::StrCat("POST\n", path, "\nnow;", host, ";", hash);
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  ServerRequest request;
  request.method = "POST";
  request.path = path;
  request.body = body;
  request.headers = {
      {"x-ms-date", "now"},
      {"x-ms-content-sha256", hash},
      {"authorization",
       absl::StrCat("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=",
                    Base64Of(digest))}};
  return request;
}

ServerRequest From(const std::string& source, ServerRequest request) {
  request.headers.emplace_back("x-forwarded-for", source);
  return request;
}

SalesUnit Unit(const std::string& msn, const std::string& path,
               const std::vector<std::string>& secrets) {
  SalesUnit unit;
  unit.msn = msn;
  unit.webhook = ParseWebhookUrl(absl::StrCat("https://a.example", path)).value();
  for (const std::string& secret : secrets) unit.webhook->secrets.emplace_back(secret);
  return unit;
}

class PingReceiverTest : public ::testing::Test {
 protected:
  PingReceiverTest() {
    receiver_.SetSalesUnits(
        {{"1", Unit("1", "/one", {"secret-1"})}, {"2", Unit("2", "/two", {"secret-2"})}});
  }

  // As the listener asks.
  int StatusOf(const ServerRequest& request) {
    ServerRequest head = request;
    head.body.clear();
    if (const auto refused = receiver_.Admit(head)) return refused->status;
    return receiver_.Answer(request).status;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::vector<std::pair<std::string, std::string>> pings_;
  PingReceiver receiver_{
      [this] { return now_; },
      [this](const std::string& unit, const std::string& id) { pings_.emplace_back(unit, id); }};
};

TEST_F(PingReceiverTest, PassesOnWhatIsProvenForTheSalesUnitOfItsPath) {
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/one")), 200);
  EXPECT_EQ(StatusOf(Delivery("secret-2", "/two", R"({"auth_req_id":"request-2"})")), 200);
  EXPECT_THAT(pings_, ElementsAre(Pair("1", "request-1"), Pair("2", "request-2")));
  EXPECT_EQ(receiver_.accepted(), 2);
}

TEST_F(PingReceiverTest, Section10_2_AForgedOneIsRefusedAndChangesNothing) {
  ServerRequest altered = Delivery("secret-1", "/one");
  altered.body = R"({"auth_req_id":"request-2"})";
  ServerRequest repeated = Delivery("secret-1", "/one");
  repeated.headers.push_back(repeated.headers[2]);
  ServerRequest elsewhere = Delivery("secret-1", "/two");
  elsewhere.path = "/one";
  for (const ServerRequest& forged :
       {Delivery("secret-2", "/one"), Delivery("", "/one"), altered, repeated, elsewhere,
        Delivery("secret-1", "/one", kPing, "b.example")}) {
    EXPECT_EQ(StatusOf(forged), 401);
  }
  for (size_t missing = 0; missing < 3; ++missing) {
    ServerRequest request = Delivery("secret-1", "/one");
    request.headers.erase(request.headers.begin() + static_cast<long>(missing));
    EXPECT_EQ(StatusOf(request), 401);
  }
  EXPECT_THAT(pings_, IsEmpty());
  EXPECT_EQ(receiver_.refused(), 9);
}

TEST_F(PingReceiverTest, AnUnknownPathIsNotFoundBeforeTheBodyIsRead) {
  EXPECT_EQ(receiver_.Admit(Delivery("secret-1", "/three"))->status, 404);
  EXPECT_EQ(receiver_.Admit(Delivery("secret-1", "/one/"))->status, 404);
  EXPECT_EQ(receiver_.Answer(Delivery("secret-1", "/three")).status, 404);
}

TEST_F(PingReceiverTest, WhatIsSignedButNoPingIsABadRequest) {
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/one", "not json")), 400);
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/one", "{}")), 400);
  EXPECT_THAT(pings_, IsEmpty());
}

TEST_F(PingReceiverTest, AReplayIsAPingLikeAnother) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StatusOf(Delivery("secret-1", "/one")), 200);
}

TEST_F(PingReceiverTest, SecretsAndPathsChangeAtOnce) {
  receiver_.SetSalesUnits({{"1", Unit("1", "/other", {"new", "secret-1"})}});
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/one")), 404);
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/other")), 200);
  EXPECT_EQ(StatusOf(Delivery("new", "/other")), 200);
  receiver_.SetSalesUnits({{"1", Unit("1", "/other", {"new"})}});
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/other")), 401);
}

TEST_F(PingReceiverTest, ASourceOfForgeriesIsShutOutAndNobodyElse) {
  int unauthenticated = 0;
  for (int i = 0; i < 100; ++i) {
    // What it claims itself comes before what the proxy adds.
    const int status = StatusOf(From("1.2.3.4, 6.6.6.6", Delivery("wrong", "/one")));
    if (status == 401) ++unauthenticated;
    EXPECT_TRUE(status == 401 || status == 429) << status;
  }
  EXPECT_EQ(unauthenticated, static_cast<int>(PingReceiver::kMostForgeriesAtOnce));
  EXPECT_EQ(StatusOf(From("6.6.6.6", Delivery("secret-1", "/one"))), 429);
  EXPECT_EQ(StatusOf(From("1.2.3.4", Delivery("secret-1", "/one"))), 200);
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/one")), 200);
  now_ += absl::Seconds(2);
  EXPECT_EQ(StatusOf(From("6.6.6.6", Delivery("secret-1", "/one"))), 200);
}

TEST_F(PingReceiverTest, WhereTheProxyNamesNoSourceNobodyIsShutOut) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(StatusOf(Delivery("wrong", "/one")), 401);
  EXPECT_EQ(StatusOf(Delivery("secret-1", "/one")), 200);
}

TEST_F(PingReceiverTest, ManySourcesAreNotAllRemembered) {
  for (size_t i = 0; i < 900; ++i) {
    EXPECT_EQ(StatusOf(From(absl::StrCat("source ", i), Delivery("wrong", "/one"))), 401);
  }
  now_ += absl::Seconds(1);
  for (size_t i = 900; i < 1800; ++i) {
    EXPECT_EQ(StatusOf(From(absl::StrCat("source ", i), Delivery("wrong", "/one"))), 401);
  }
  EXPECT_EQ(StatusOf(From("another", Delivery("secret-1", "/one"))), 200);
}

TEST_F(PingReceiverTest, AllDeliveriesHaveALimit) {
  int admitted = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto refused = receiver_.Admit(Delivery("secret-1", "/one"));
    if (!refused) ++admitted;
    if (refused) {
      EXPECT_EQ(refused->status, 429);
      EXPECT_THAT(refused->headers, ElementsAre(Pair("Retry-After", "1")));
    }
  }
  EXPECT_EQ(admitted, static_cast<int>(PingReceiver::kDeliveriesPerSecond));
  now_ += absl::Milliseconds(10);
  EXPECT_FALSE(receiver_.Admit(Delivery("secret-1", "/one")).has_value());
}

}  // namespace
}  // namespace cibad
