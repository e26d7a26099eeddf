// The proof of a webhook delivery. The signatures were made by another implementation, Python's
// hmac, with `pathAndQuery`, date, host and the body below:
//
//   import base64, hashlib, hmac
//   h = base64.b64encode(hashlib.sha256(body).digest()).decode()
//   text = "POST\n%s\n%s;%s;%s" % (path_and_query, date, host, h)
//   base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())

#include "server/provider/webhook_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cibad {
namespace {

constexpr char kUrl[] = "https://tills.example.com/hooks/vipps?unit=1";
constexpr char kSecret[] = "7wM0eK1Yk9sOq3cU";
constexpr char kOtherSecret[] = "another-secret-0";
constexpr char kDate[] = "Tue, 24 Nov 2026 06:07:52 GMT";
constexpr char kBody[] = R"({"auth_req_id":"VYGaaAMRkI6SyAm_uIywhxsN2K0"})";
constexpr char kHash[] = "z+qSFyS2+KwBQf7FjFFI3/Z4HFcY/iChU44HIpkpU0E=";
constexpr char kSignature[] = "8rOEnoD9ngeRmqGtIIASig60k3zvnjkUR3f1FR+6fak=";
constexpr char kSignatureOfOther[] = "1cMf0IjSyIERrg6uP6zr2cum7p+bLgzIa2rsJoSwunk=";
constexpr char kSignatureWithPort[] = "6DdwwLs4UIFh8aaqCSz1wtFapZqb/L3tw8frBWnoKIk=";
constexpr char kEmptyHash[] = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
constexpr char kSignatureOfEmpty[] = "b6ueSFAjKl5fq4q+pfCHX6atNwvUKZoIaN7cCzRWgg4=";

std::string Authorization(absl::string_view signature) {
  return absl::StrCat("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=",
                      signature);
}

WebhookEndpoint Endpoint(const std::vector<std::string>& secrets = {kSecret},
                         const char* url = kUrl) {
  WebhookEndpoint endpoint = ParseWebhookUrl(url).value();
  for (const std::string& secret : secrets) endpoint.secrets.emplace_back(secret);
  return endpoint;
}

absl::Status Verify(absl::string_view authorization, const WebhookEndpoint& endpoint = Endpoint(),
                    absl::string_view date = kDate, absl::string_view body = kBody,
                    absl::string_view hash = kHash) {
  return VerifyDelivery({date, hash, authorization, body}, endpoint);
}

TEST(WebhookSignature, OfAnotherImplementationIsAccepted) {
  EXPECT_TRUE(Verify(Authorization(kSignature)).ok());
  EXPECT_TRUE(Verify(Authorization(kSignatureOfEmpty), Endpoint(), kDate, "", kEmptyHash).ok());
}

TEST(WebhookSignature, AnySecretOfARotationIsAccepted) {
  EXPECT_TRUE(Verify(Authorization(kSignature), Endpoint({kOtherSecret, kSecret})).ok());
  EXPECT_TRUE(Verify(Authorization(kSignatureOfOther), Endpoint({kOtherSecret, kSecret})).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Verify(Authorization(kSignatureOfOther))));
  EXPECT_TRUE(absl::IsUnauthenticated(Verify(Authorization(kSignature), Endpoint({kOtherSecret}))));
  EXPECT_TRUE(absl::IsUnauthenticated(Verify(Authorization(kSignature), Endpoint({}))));
}

TEST(WebhookSignature, AHostWithAPortMayBeSignedWithItOrWithout) {
  const char* url = "https://tills.example.com:8443/hooks/vipps?unit=1";
  EXPECT_TRUE(Verify(Authorization(kSignature), Endpoint({kSecret}, url)).ok());
  EXPECT_TRUE(Verify(Authorization(kSignatureWithPort), Endpoint({kSecret}, url)).ok());
  EXPECT_FALSE(Verify(Authorization(kSignatureWithPort)).ok());
}

TEST(WebhookSignature, EverythingThatIsSignedCounts) {
  const std::string right = Authorization(kSignature);
  const WebhookEndpoint endpoint = Endpoint();
  EXPECT_FALSE(Verify(right, endpoint, "Tue, 24 Nov 2026 06:07:53 GMT").ok());
  EXPECT_FALSE(Verify(right, endpoint, kDate, absl::StrCat(kBody, " ")).ok());
  EXPECT_FALSE(Verify(right, endpoint, kDate, "").ok());
  EXPECT_FALSE(Verify(right, endpoint, kDate, kBody, kEmptyHash).ok());
  EXPECT_FALSE(Verify(right, endpoint, kDate, "", kEmptyHash).ok())
      << "another body, rightly hashed";
  for (const char* url :
       {"https://tills.example.com/hooks/vipps?unit=2", "https://tills.example.com/hooks/vipps",
        "https://tills.example.org/hooks/vipps?unit=1", "https://tills.example.com/?unit=1"}) {
    EXPECT_FALSE(Verify(right, Endpoint({kSecret}, url)).ok()) << url;
  }
  std::string signature = kSignature;
  for (char& letter : signature) {
    const char before = std::exchange(letter, letter == 'A' ? 'B' : 'A');
    EXPECT_TRUE(absl::IsUnauthenticated(Verify(Authorization(signature))));
    letter = before;
  }
}

TEST(WebhookSignature, BlanksAndCapitalsOfTheHeaderDoNotMatter) {
  for (const std::string& authorization :
       {absl::StrCat(
            "hmac-sha256   signedheaders = X-MS-Date;Host;x-ms-content-sha256 & SIGNATURE = ",
            kSignature, " "),
        absl::StrCat("\tHMAC-SHA256\tSignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=",
                     kSignature)}) {
    EXPECT_TRUE(Verify(authorization).ok()) << authorization;
  }
}

TEST(WebhookSignature, AHeaderOfAnotherFormIsRefused) {
  const std::string right = Authorization(kSignature);
  const std::vector<std::string> wrong = {
      "",
      "HMAC-SHA256",
      "HMAC-SHA256 ",
      "Bearer abc",
      absl::StrReplaceAll(right, {{"HMAC-SHA256 ", "HMAC-SHA256"}}),
      absl::StrReplaceAll(right, {{"SHA256 S", "SHA512 S"}}),
      absl::StrReplaceAll(right, {{"x-ms-date;host;", "host;x-ms-date;"}}),
      absl::StrReplaceAll(right, {{"x-ms-date;host;", "x-ms-date;"}}),
      absl::StrReplaceAll(right, {{";host", ";host;host"}}),
      absl::StrReplaceAll(right, {{"x-ms-content-sha256", ""}}),
      absl::StrCat("HMAC-SHA256 Signature=", kSignature,
                   "&SignedHeaders=x-ms-date;host;x-ms-content-sha256"),
      absl::StrCat("HMAC-SHA256 Signature=", kSignature),
      absl::StrCat(right, "&Signature=", kSignature),
      absl::StrCat(right, "&"),
      absl::StrCat(right, "="),
      right.substr(0, right.size() - 1),
      Authorization(""),
      std::string(100'000, '&'),
  };
  for (const std::string& authorization : wrong) {
    EXPECT_TRUE(absl::IsUnauthenticated(Verify(authorization))) << authorization.substr(0, 200);
  }
}

TEST(WebhookSignature, TheDateIsBoundedAndNoMoreThanThat) {
  EXPECT_FALSE(Verify(Authorization(kSignature), Endpoint(), "").ok());
  EXPECT_FALSE(Verify(Authorization(kSignature), Endpoint(), std::string(65, '1')).ok());
}

TEST(WebhookSignature, NoMessageQuotesTheDelivery) {
  EXPECT_EQ(std::string(Verify(Authorization(kSignatureOfOther)).message()).find(kSignatureOfOther),
            std::string::npos);
}

TEST(WebhookUrl, GivesWhatIsSigned) {
  const WebhookEndpoint endpoint = ParseWebhookUrl("https://a.example:8443/b/c?d=/e?f").value();
  EXPECT_EQ(endpoint.host, "a.example:8443");
  EXPECT_EQ(endpoint.path, "/b/c");
  EXPECT_EQ(endpoint.path_and_query, "/b/c?d=/e?f");
  EXPECT_EQ(ParseWebhookUrl("https://a.example")->path_and_query, "/");
  EXPECT_EQ(ParseWebhookUrl("https://a.example?b")->path_and_query, "/?b");
  EXPECT_EQ(ParseWebhookUrl("https://a.example?b")->path, "/");
}

TEST(WebhookUrl, ThatTheProviderWouldSignOtherwiseIsRefused) {
  for (const char* url :
       {"", "http://a.example/", "https://", "https:///b", "https://:1/b", "https://A.example/",
        "https://u:p@a.example/", "https://a.example:443/", "https://a.example/b#c",
        "https://a.example/b c", "https://a.example/../b", "https://a.example/b/.",
        "https://a.example/\xc3\xa6", "https://a.example/{id}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWebhookUrl(url).status())) << url;
  }
  EXPECT_FALSE(ParseWebhookUrl(absl::StrCat("https://a.example/", std::string(1024, 'a'))).ok());
}

TEST(Ping, IsReadStrictly) {
  EXPECT_EQ(ReadPing(kBody).value(), "VYGaaAMRkI6SyAm_uIywhxsN2K0");
  EXPECT_EQ(ReadPing(R"({"event":"x","auth_req_id":"1","more":{}})").value(), "1");
  for (const char* body :
       {"", "null", "[]", "{}", R"({"auth_req_id":""})", R"({"auth_req_id":1})",
        R"({"auth_req_id":null})", R"({"auth_req_id":"a b"})", R"({"auth_req_id":"a\u0000"})",
        R"({"auth_req_id":"a","auth_req_id":"b"})", R"({"auth_req_id":"a"} x)"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadPing(body).status())) << body;
  }
  EXPECT_FALSE(ReadPing(absl::StrCat(R"({"auth_req_id":")", std::string(1025, 'a'), "\"}")).ok());
}

}  // namespace
}  // namespace cibad
