// Everything that comes from the provider is hostile until it is parsed. One table of the parsers,
// and each kind of malformed answer tried at each of them. What is particular to one is in its own
// test.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/provider/answers.h"
#include "server/provider/id_token.h"
#include "server/provider/key_set.h"
#include "server/provider/metadata.h"
#include "server/provider/strict_json.h"
#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAccepted[] = "accepted";
constexpr char kHonestIssuer[] = "https://api.example/access/";
constexpr int64_t kIssueTime = 1'788'000'000;

// A member that must be there, or must at least be of its type where it is.
struct Member {
  std::string name;
  bool is_required = true;
  std::vector<json> wrong;  // values of other types
};

// One parser: an answer that it accepts, and what it says of a body: kAccepted, or why not.
struct Parser {
  std::string name;
  json good;
  std::vector<Member> members;
  std::function<std::string(const std::string& body)> read;
  size_t most_bytes = kMaxJsonBytes;
};

// As a failure shows it.
void PrintTo(const Parser& parser, std::ostream* out) { *out << parser.name; }

// What is no text, and what is no number.
std::vector<json> NoText() { return {7, true, json::array({"a"}), json::object()}; }
std::vector<json> NoNumber() { return {"soon", true, json::array({600}), json::object()}; }

Member Text(const std::string& name, bool is_required = true) {
  return {name, is_required, NoText()};
}
Member Number(const std::string& name, bool is_required = true) {
  return {name, is_required, NoNumber()};
}

std::string Said(const absl::Status& status) {
  return status.ok() ? kAccepted : std::string(status.message());
}

template <typename Answer>
std::string Said(const Outcome<Answer>& outcome) {
  const auto* invalid = std::get_if<InvalidAnswer>(&outcome);
  if (invalid != nullptr) return invalid->detail;
  return std::holds_alternative<Answer>(outcome) ? kAccepted : "neither accepted nor invalid";
}

Parser DiscoveryParser() {
  return {
      "discovery",
      {{"issuer", kHonestIssuer},
       {"token_endpoint", "https://api.example/token"},
       {"userinfo_endpoint", "https://api.example/userinfo"},
       {"jwks_uri", "https://api.example/jwks"},
       {"backchannel_authentication_endpoint", "https://api.example/backchannel"}},
      {Text("issuer"), Text("token_endpoint"), Text("userinfo_endpoint"), Text("jwks_uri"),
       Text("backchannel_authentication_endpoint"), Text("authorization_endpoint", false)},
      [](const std::string& body) { return Said(ReadMetadata(Ok(body), kHonestIssuer).status()); }};
}

Parser JwksParser() {
  const json key = SigningKey::Ec("k").PublicJwk();
  return {"JWKS",
          {{"keys", json::array({key})}},
          {{"keys", true, {7, "k", true, key}}},
          [](const std::string& body) { return Said(ReadKeySet(Ok(body)).status()); }};
}

Parser BackchannelAnswerParser() {
  return {"backchannel answer",
          {{"auth_req_id", "1c266114"}, {"expires_in", 600}, {"interval", 3}},
          {Text("auth_req_id"), Number("expires_in"), Number("interval", false)},
          [](const std::string& body) { return Said(ReadBackchannelAnswer(Ok(body))); }};
}

Parser TokenAnswerParser() {
  return {"token answer",
          {{"access_token", "access"}, {"token_type", "Bearer"}, {"id_token", "a.b.c"}},
          {Text("access_token"), Text("token_type"), Text("id_token"), Number("expires_in", false)},
          [](const std::string& body) { return Said(ReadTokenAnswer(Ok(body))); }};
}

Parser AccessTokenParser() {
  return {"access token",
          {{"access_token", "eyJ.a.b"}, {"expires_in", 3600}},
          {Text("access_token"), Number("expires_in", false)},
          [](const std::string& body) { return Said(ReadAccessTokenAnswer(Ok(body))); }};
}

Parser UserinfoParser() {
  constexpr size_t kMostBytes = 128 << 10;
  return {"userinfo",
          {{"sub", "c06c4afe"}},
          {Text("sub"),
           Text("name", false),
           Text("email", false),
           {"address", false, {7, "Street 1", true, json::array({"a"})}},
           {"email_verified", false, {7, "perhaps", json::array({true}), json::object()}}},
          [](const std::string& body) { return Said(ReadUserinfoAnswer(Ok(body))); },
          kMostBytes};
}

// Of an ID token: its payload, well signed whatever it is.
Parser IdTokenParser() {
  constexpr size_t kMostBytes = 12000;  // of 16 KiB, when they are base64url, header and signature
  const auto key = std::make_shared<const SigningKey>(SigningKey::Ec("k"));
  const auto keys = *ReadKeySet(Jwks({key->PublicJwk()}));
  return {"ID token",
          {{"iss", kHonestIssuer},
           {"aud", "client"},
           {"sub", "c06c4afe"},
           {"exp", kIssueTime + 9},
           {"iat", kIssueTime}},
          {Text("iss"),
           {"aud", true, {7, true, json::array({7}), json::object()}},
           Text("sub"),
           Number("exp"),
           Number("iat"),
           Number("nbf", false),
           Text("azp", false),
           Text("auth_req_id", false),
           Text("at_hash", false)},
          [key, keys](const std::string& payload) -> std::string {
            const IdTokenExpectations expected{kHonestIssuer, "client", "1c266114", "access",
                                               absl::FromUnixSeconds(kIssueTime)};
            const IdTokenCheck check = VerifyIdToken(
                key->Sign({{"alg", "ES256"}, {"kid", "k"}}, payload), *keys, expected);
            const auto* refused = std::get_if<RefusedIdToken>(&check);
            if (refused != nullptr) return refused->detail;
            return std::holds_alternative<AcceptedIdToken>(check) ? kAccepted : "unknown key";
          },
          kMostBytes};
}

class HostileAnswer : public ::testing::TestWithParam<Parser> {
 protected:
  std::string Read(const std::string& body) const { return GetParam().read(body); }
  std::string Good() const { return GetParam().good.dump(); }
  std::string GoodWith(const std::string& name, const json& value) const {
    return With(GetParam().good, name.c_str(), value).dump();
  }
  // The good answer and this behind its last member.
  std::string GoodAnd(const std::string& member) const {
    const std::string good = Good();
    return absl::StrCat(good.substr(0, good.size() - 1), ",", member, "}");
  }
};

TEST_P(HostileAnswer, TheGoodOneIsAcceptedAndUnknownMembersAreIgnored) {
  EXPECT_EQ(Read(Good()), kAccepted);
  EXPECT_EQ(Read(GoodAnd(R"("x":{"a":[1,true,null,"å"]})")), kAccepted);
}

TEST_P(HostileAnswer, MustBeJson) {
  const std::string good = Good();
  for (const std::string& body :
       {std::string(), std::string(" "), std::string("<html></html>"), std::string("a=b&c=d"),
        good.substr(0, good.size() / 2), good.substr(0, good.size() - 1), good + good, good + "x",
        "\xEF\xBB\xBF" + good, good + std::string(1, '\0'), GoodAnd("\"x\":NaN"),
        GoodAnd("\"x\":1e999"), GoodAnd("x:1")}) {
    EXPECT_NE(Read(body), kAccepted) << body;
  }
}

TEST_P(HostileAnswer, MustBeAnObject) {
  for (const std::string& body : {"[" + Good() + "]", std::string("[]"), std::string("null"),
                                  std::string("7"), std::string("\"{}\"")}) {
    EXPECT_THAT(Read(body), HasSubstr("not an object")) << body;
  }
}

TEST_P(HostileAnswer, NamesNoMemberTwice) {
  for (const auto& [name, value] : GetParam().good.items()) {
    const std::string twice = absl::StrCat("\"", name, "\":", value.dump());
    EXPECT_THAT(Read(GoodAnd(twice)), HasSubstr("twice")) << twice;
  }
  EXPECT_THAT(Read(GoodAnd(R"("x":{"a":1,"a":1})")), HasSubstr("twice"));
}

TEST_P(HostileAnswer, MustBeUtf8) {
  for (const char* text : {"\xFF", "\xC3", "\xC3\x28", "\xC0\x80", "\xED\xA0\x80", "\\ud800"}) {
    EXPECT_THAT(Read(GoodAnd(absl::StrCat("\"x\":\"", text, "\""))), HasSubstr("UTF-8"));
    EXPECT_THAT(Read(GoodAnd(absl::StrCat("\"", text, "\":1"))), HasSubstr("UTF-8"));
  }
}

TEST_P(HostileAnswer, IsBounded) {
  const std::string good = Good();
  const size_t most = GetParam().most_bytes;
  if (GetParam().name != "ID token") {  // where another limit, of the whole token, comes first
    EXPECT_EQ(Read(good + std::string(most - good.size(), ' ')), kAccepted);
    EXPECT_THAT(Read(good + std::string(most - good.size() + 1, ' ')), HasSubstr("large"));
  }
  EXPECT_THAT(Read(GoodWith("x", std::string(2 << 20, 'x'))), HasSubstr("large"));
}

TEST_P(HostileAnswer, IsNotDeep) {
  const auto nested = [](int levels) {
    return "\"x\":" + std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(Read(GoodAnd(nested(kMaxJsonDepth - 1))), kAccepted);
  EXPECT_THAT(Read(GoodAnd(nested(kMaxJsonDepth))), HasSubstr("nested deeper"));
}

TEST_P(HostileAnswer, HasWhatIsRequired) {
  for (const Member& member : GetParam().members) {
    if (!member.is_required) continue;
    json without = GetParam().good;
    without.erase(member.name);
    EXPECT_THAT(Read(without.dump()), HasSubstr(member.name));
    EXPECT_THAT(Read(GoodWith(member.name, nullptr)), HasSubstr(member.name));
  }
}

TEST_P(HostileAnswer, HasMembersOfTheirTypes) {
  for (const Member& member : GetParam().members) {
    for (const json& value : member.wrong) {
      EXPECT_THAT(Read(GoodWith(member.name, value)), HasSubstr(member.name)) << value;
    }
  }
}

TEST_P(HostileAnswer, IsNeverQuoted) {
  for (const std::string& body :
       {std::string("s3cret"), std::string("\"s3cret\""), GoodAnd("\"s3cret\":s3cret"),
        GoodAnd(R"("s3cret":1,"s3cret":1)"), GoodAnd("\"x\":\"s3cret\xFF\"")}) {
    EXPECT_THAT(Read(body), Not(HasSubstr("s3cret")));
  }
  for (const Member& member : GetParam().members) {
    EXPECT_THAT(Read(GoodWith(member.name, json::array({"s3cret \n"}))), Not(HasSubstr("s3cret")));
  }
}

INSTANTIATE_TEST_SUITE_P(EachParser, HostileAnswer,
                         ::testing::Values(DiscoveryParser(), JwksParser(),
                                           BackchannelAnswerParser(), TokenAnswerParser(),
                                           AccessTokenParser(), UserinfoParser(), IdTokenParser()),
                         [](const auto& parser) {
                           std::string name = parser.param.name;
                           std::erase(name, ' ');
                           return name;
                         });

}  // namespace
}  // namespace cibad
