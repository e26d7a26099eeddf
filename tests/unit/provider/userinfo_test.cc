#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/provider/answers.h"
#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

json AddressDocument(const std::string& type) {
  return {{"address_type", type},  {"street_address", "Robert Levins gate 5\nH0201"},
          {"postal_code", "0154"}, {"region", "OSLO"},
          {"country", "NO"},       {"formatted", "Robert Levins gate 5\nH0201\n0154\nOSLO"}};
}

json WithoutTexts(json address) {
  for (const char* name : {"street_address", "postal_code", "region", "country", "formatted"}) {
    address[name] = "";
  }
  return address;
}

Profile Read(const json& claims) {
  const auto outcome = ReadUserinfoAnswer(Ok(claims));
  if (const auto* invalid = std::get_if<InvalidAnswer>(&outcome)) {
    ADD_FAILURE() << invalid->detail << " in " << claims;
    return {};
  }
  return std::get<Profile>(outcome);
}

Profile ReadClaim(const char* claim, const json& value) {
  return Read({{"sub", "c06c4afe"}, {claim, value}});
}

std::string WhyNot(const HttpResult& result) {
  const auto outcome = ReadUserinfoAnswer(result);
  const auto* invalid = std::get_if<InvalidAnswer>(&outcome);
  return invalid == nullptr ? "it was not invalid" : invalid->detail;
}

std::string WhyNot(const char* claim, const json& value) {
  json claims = {{"sub", "c06c4afe"}};
  claims[claim] = value;
  return WhyNot(HttpResult(Ok(claims)));
}

TEST(Userinfo, GivesEveryClaimThatHasAField) {
  const Profile profile = Read({{"sub", "c06c4afe"},
                                {"name", "Ada Lovelace"},
                                {"given_name", "Ada"},
                                {"family_name", "Lovelace"},
                                {"phone_number", "4791234567"},
                                {"phone_number_verified", true},
                                {"email", "ada@example.com"},
                                {"email_verified", true},
                                {"birthdate", "1815-12-10"},
                                {"gender", "female"},
                                {"nin", "10121512345"}});
  Profile expected;
  expected.subject = "c06c4afe";
  expected.name = "Ada Lovelace";
  expected.given_name = "Ada";
  expected.family_name = "Lovelace";
  expected.phone_number = "+4791234567";
  expected.phone_number_verified = true;
  expected.email = "ada@example.com";
  expected.email_verified = true;
  expected.birthdate = "1815-12-10";
  expected.gender = "female";
  expected.nin = "10121512345";
  EXPECT_EQ(profile, expected);
}

TEST(Userinfo, SubAloneIsAProfile) {
  Profile expected;
  expected.subject = "c06c4afe";
  EXPECT_EQ(Read({{"sub", "c06c4afe"}}), expected);
}

TEST(Userinfo, SubIsRequiredAndASubject) {
  EXPECT_THAT(WhyNot(Ok(json{{"name", "Ada"}})), HasSubstr("sub "));
  for (const json& sub : {json(""), json(nullptr), json(7), json(std::string(256, 'a')),
                          json("a\nb"), json::array({"a"})}) {
    EXPECT_THAT(WhyNot("sub", sub), HasSubstr("sub ")) << sub;
  }
}

TEST(Userinfo, MustBeApplicationJson) {
  HttpResponse response = Ok(json{{"sub", "c06c4afe"}});
  for (const char* type : {"application/json", "Application/JSON ; charset=utf-8"}) {
    response.headers.Add({"content-type: ", type});
    EXPECT_EQ(WhyNot(response), "it was not invalid") << type;
  }
  for (const char* type : {"application/jwt", "text/html", "application/jsonx", ""}) {
    response.headers.Add({"content-type: ", type});
    EXPECT_THAT(WhyNot(response), HasSubstr("content type")) << type;
  }
  response.headers.clear();
  EXPECT_THAT(WhyNot(response), HasSubstr("content type"));
}

TEST(Userinfo, IsBounded) { EXPECT_EQ(WhyNot("name", std::string(128 << 10, 'a')), "too large"); }

TEST(Userinfo, KnownClaimsOfAnotherTypeAreRefusedByName) {
  for (const char* claim : {"name", "given_name", "family_name", "email", "birthdate", "gender",
                            "nin", "phone_number"}) {
    for (const json& value : {json(7), json(true), json::array({"a"}), json{{"a", "b"}}}) {
      EXPECT_THAT(WhyNot(claim, value), HasSubstr(std::string(claim) + " ")) << value;
    }
  }
  for (const char* claim : {"email_verified", "phone_number_verified"}) {
    for (const json& value : {json(1), json("yes"), json(""), json::array()}) {
      EXPECT_THAT(WhyNot(claim, value), HasSubstr(std::string(claim) + " ")) << value;
    }
  }
}

TEST(Userinfo, RefusalsNeverQuoteAClaim) {
  EXPECT_THAT(WhyNot("phone_number", "91x234567"), Not(HasSubstr("234567")));
  EXPECT_THAT(WhyNot("email_verified", "ada"), Not(HasSubstr("ada")));
}

TEST(Userinfo, NullAndEmptyAreAbsent) {
  for (const json& none : {json(nullptr), json("")}) {
    EXPECT_EQ(ReadClaim("name", none).name, "");
    EXPECT_EQ(ReadClaim("phone_number", none).phone_number, "");
  }
  EXPECT_FALSE(ReadClaim("email_verified", nullptr).email_verified);
  EXPECT_THAT(ReadClaim("address", nullptr).addresses, IsEmpty());
  EXPECT_THAT(ReadClaim("other_addresses", nullptr).addresses, IsEmpty());
  EXPECT_EQ(ReadClaim("delegatedConsents", nullptr).consents, std::nullopt);
}

TEST(Userinfo, VerifiedMayBeAString) {
  EXPECT_TRUE(ReadClaim("email_verified", "true").email_verified);
  EXPECT_FALSE(ReadClaim("email_verified", "false").email_verified);
  EXPECT_TRUE(ReadClaim("phone_number_verified", "True").phone_number_verified);
}

TEST(Userinfo, PhoneNumberGetsItsPlus) {
  EXPECT_EQ(ReadClaim("phone_number", "4791234567").phone_number, "+4791234567");
  EXPECT_EQ(ReadClaim("phone_number", "+4791234567").phone_number, "+4791234567");
}

TEST(Userinfo, PhoneNumberThatIsNoneIsRefused) {
  for (const char* number : {"+", "++4791234567", "47 91234567", "1234567890123456", "abc"}) {
    EXPECT_THAT(WhyNot("phone_number", number), HasSubstr("phone_number ")) << number;
  }
}

TEST(Userinfo, AddressHasAllItsParts) {
  const Profile profile = ReadClaim("address", AddressDocument("home"));
  ASSERT_THAT(profile.addresses, SizeIs(1));
  const Address expected{"home", "Robert Levins gate 5\nH0201",
                         "0154", "OSLO",
                         "NO",   "Robert Levins gate 5\nH0201\n0154\nOSLO"};
  EXPECT_EQ(profile.addresses.front(), expected);
}

TEST(Userinfo, MainAddressComesFirst) {
  const Profile profile =
      Read({{"sub", "c06c4afe"},
            {"other_addresses", {AddressDocument("work"), AddressDocument("other")}},
            {"address", AddressDocument("home")}});
  ASSERT_THAT(profile.addresses, SizeIs(3));
  EXPECT_EQ(profile.addresses[0].address_type, "home");
  EXPECT_EQ(profile.addresses[1].address_type, "work");
  EXPECT_EQ(profile.addresses[2].address_type, "other");
}

TEST(Userinfo, AddressOfEmptyTextsIsNone) {
  const json none = WithoutTexts(AddressDocument("home"));
  const Profile profile = Read({{"sub", "c06c4afe"},
                                {"address", none},
                                {"other_addresses", {none, AddressDocument("work")}}});
  ASSERT_THAT(profile.addresses, SizeIs(1));
  EXPECT_EQ(profile.addresses[0].address_type, "work");
  EXPECT_THAT(ReadClaim("address", json::object()).addresses, IsEmpty());
}

TEST(Userinfo, AddressesBeyondTheThirdStayWithTheOtherClaims) {
  json others = json::array();
  for (int i = 0; i < 4; ++i) {
    others.push_back(AddressDocument("work"));
    others.back()["region"] = std::to_string(i);
  }
  const Profile profile = Read(
      {{"sub", "c06c4afe"}, {"address", AddressDocument("home")}, {"other_addresses", others}});
  ASSERT_THAT(profile.addresses, SizeIs(3));
  EXPECT_EQ(profile.addresses[2].region, "1");
  EXPECT_EQ(json::parse(profile.other_claims_json),
            json({{"other_addresses", {json::object(), json::object(), others[2], others[3]}}}));
}

TEST(Userinfo, WhatAnAddressHasNoFieldForStaysWithTheOtherClaims) {
  json home = AddressDocument("home");
  home["care_of"] = "Odd";
  json work = AddressDocument("work");
  work["floor"] = 3;
  const Profile profile =
      Read({{"sub", "c06c4afe"}, {"address", home}, {"other_addresses", {home, work}}});
  EXPECT_THAT(profile.addresses, SizeIs(3));
  EXPECT_EQ(json::parse(profile.other_claims_json),
            json({{"address", {{"care_of", "Odd"}}},
                  {"other_addresses", {{{"care_of", "Odd"}}, {{"floor", 3}}}}}));
  EXPECT_EQ(ReadClaim("address", AddressDocument("home")).other_claims_json, "");
}

TEST(Userinfo, AddressOfAnotherTypeIsRefused) {
  EXPECT_THAT(WhyNot("address", "Oslo"), HasSubstr("address "));
  EXPECT_THAT(WhyNot("address", {{"region", 7}}), HasSubstr("region "));
  EXPECT_THAT(WhyNot("other_addresses", json::object()), HasSubstr("other_addresses "));
  EXPECT_THAT(WhyNot("other_addresses", {"Oslo"}), HasSubstr("other_addresses "));
}

json ConsentsDocument() {
  return {
      {"heading", "Join"},
      {"termsDescription", "Terms"},
      {"timeOfConsent", "2026-01-02T03:04:05Z"},
      {"consents",
       {{{"id", "sms"}, {"accepted", true}, {"required", false}, {"textDisplayedToUser", "SMS"}},
        {{"id", "mail"}, {"accepted", false}, {"required", true}}}}};
}

TEST(Userinfo, ConsentsAreRead) {
  const Profile profile = ReadClaim("delegatedConsents", ConsentsDocument());
  const Consents expected{"Join",
                          "Terms",
                          "2026-01-02T03:04:05Z",
                          {{"sms", true, false, "SMS"}, {"mail", false, true, ""}},
                          {}};
  ASSERT_TRUE(profile.consents.has_value());
  EXPECT_EQ(*profile.consents, expected);
  EXPECT_EQ(profile.other_claims_json, "");
}

TEST(Userinfo, WhatConsentsHaveNoFieldForStaysWithTheOtherClaims) {
  json consents = ConsentsDocument();
  consents["links"] = {{"termsLinkUrl", "https://example.com"}};
  EXPECT_EQ(ReadClaim("delegatedConsents", consents).other_claims_json,
            R"({"delegatedConsents":{"links":{"termsLinkUrl":"https://example.com"}}})");
}

TEST(Userinfo, LinksOfConsentsAreReadHoweverTheyAreNamed) {
  json consents = ConsentsDocument();
  consents["links"] = {{{"linkToWebPage", "https://a.example/"}, {"linkText", "A"}},
                       {{"url", "https://b.example/"}, {"title", "B"}},
                       {{"url", "https://c.example/"}, {"text", "C"}},
                       {{"href", "https://d.example/"}},
                       "https://e.example/"};
  const Profile profile = ReadClaim("delegatedConsents", consents);
  const std::vector<Link> expected = {{"A", "https://a.example/"},
                                      {"B", "https://b.example/"},
                                      {"C", "https://c.example/"},
                                      {"", "https://d.example/"},
                                      {"", "https://e.example/"}};
  EXPECT_EQ(profile.consents->links, expected);
  EXPECT_EQ(profile.other_claims_json, "");
}

TEST(Userinfo, LinksThatAreNoneStayWithTheOtherClaimsInTheirPlaces) {
  json consents = ConsentsDocument();
  consents["links"] = {{{"url", "https://a.example/"}, {"icon", "a.png"}},
                       {{"text", "no url"}},
                       {{"url", 7}},
                       "https://e.example/",
                       7};
  const Profile profile = ReadClaim("delegatedConsents", consents);
  EXPECT_THAT(profile.consents->links, SizeIs(2));
  EXPECT_EQ(json::parse(profile.other_claims_json)["delegatedConsents"]["links"],
            json({{{"icon", "a.png"}}, {{"text", "no url"}}, {{"url", 7}}, json::object(), 7}));
}

TEST(Userinfo, WhatAConsentHasNoFieldForStaysWithTheOtherClaims) {
  json consents = ConsentsDocument();
  consents["consents"][1]["version"] = 3;
  consents["language"] = "EN";
  EXPECT_EQ(json::parse(ReadClaim("delegatedConsents", consents).other_claims_json),
            json({{"delegatedConsents",
                   {{"language", "EN"}, {"consents", {json::object(), {{"version", 3}}}}}}}));
}

TEST(Userinfo, TermsOfConsentsMayHaveTheirShortName) {
  EXPECT_EQ(ReadClaim("delegatedConsents", {{"terms", "Terms"}}).consents->terms_description,
            "Terms");
}

TEST(Userinfo, TimeOfConsentIsReadInAllItsForms) {
  const std::pair<json, const char*> forms[] = {
      {"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"},
      {"2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"},
      {"2026-01-02T04:04:05+01:00", "2026-01-02T03:04:05Z"},
      {"2026-01-02T04:04:05.5+0100", "2026-01-02T03:04:05.5Z"},
      {"2026-01-02T03:04:05.1234567", "2026-01-02T03:04:05.1234567Z"},
      {"2026-01-02T03:04:05", "2026-01-02T03:04:05Z"},
      {"2026-01-02 03:04:05", "2026-01-02T03:04:05Z"},
      {"2026-01-02T03:04", "2026-01-02T03:04:00Z"},
      {1767323045, "2026-01-02T03:04:05Z"},
      {1767323045678, "2026-01-02T03:04:05.678Z"},
      {"1767323045", "2026-01-02T03:04:05Z"}};
  for (const auto& [form, expected] : forms) {
    const Profile profile = ReadClaim("delegatedConsents", {{"timeOfConsent", form}});
    EXPECT_EQ(profile.consents->time_of_consent, expected) << form;
    EXPECT_EQ(profile.other_claims_json, "") << form;
  }
}

TEST(Userinfo, TimeOfConsentThatIsNotUnderstoodStaysWithTheOtherClaims) {
  for (const json& form : {json("yesterday"), json("2026-13-01T00:00:00Z"), json(-1), json(true),
                           json(1e300), json({{"at", 1}})}) {
    const Profile profile = ReadClaim("delegatedConsents", {{"timeOfConsent", form}});
    EXPECT_EQ(profile.consents->time_of_consent, "") << form;
    EXPECT_EQ(json::parse(profile.other_claims_json)["delegatedConsents"]["timeOfConsent"], form);
  }
  for (const json& none : {json(nullptr), json("")}) {
    EXPECT_EQ(ReadClaim("delegatedConsents", {{"timeOfConsent", none}}).other_claims_json, "");
  }
}

TEST(Userinfo, ConsentsOfAnotherTypeAreRefused) {
  EXPECT_THAT(WhyNot("delegatedConsents", json::array()), HasSubstr("delegatedConsents "));
  EXPECT_THAT(WhyNot("delegatedConsents", {{"consents", json::object()}}), HasSubstr("consents "));
  EXPECT_THAT(WhyNot("delegatedConsents", {{"consents", {"sms"}}}), HasSubstr("consents "));
  EXPECT_THAT(WhyNot("delegatedConsents", {{"consents", {{{"accepted", "maybe"}}}}}),
              HasSubstr("accepted "));
  EXPECT_THAT(WhyNot("delegatedConsents", {{"consents", json(101, json::object())}}),
              HasSubstr("too many"));
}

TEST(Userinfo, UnknownClaimsAreKept) {
  const Profile profile =
      Read({{"sub", "c06c4afe"},
            {"sid", "7d78a726"},
            {"flowResult", {{"language", "EN"}, {"screens", {1, 2.5, nullptr}}}}});
  EXPECT_EQ(json::parse(profile.other_claims_json), json::parse(R"({"sid":"7d78a726",
                            "flowResult":{"language":"EN","screens":[1,2.5,null]}})"));
}

TEST(Userinfo, UnknownClaimsAreBounded) {
  EXPECT_GT(ReadClaim("more", std::string(16'000, 'a')).other_claims_json.size(), 16'000u);
  EXPECT_THAT(WhyNot("more", std::string(17'000, 'a')), HasSubstr("too large"));
}

TEST(Userinfo, DuplicateClaimsAreRefused) {
  EXPECT_THAT(WhyNot(Ok(std::string(R"({"sub":"a","sub":"b"})"))), HasSubstr("twice"));
}

}  // namespace
}  // namespace cibad
