#include "tests/sandbox/customer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/random_text.h"

namespace cibad {
namespace {

using Json = nlohmann::ordered_json;

struct GivenName {
  const char* text;
  const char* gender;
};

// The last three digits of the number choose; 000 is Ada Lovisa Nordmann.
constexpr uint64_t kChoices = 1000;
constexpr std::array kGivenNames = {
    GivenName{"Ada Lovisa", "female"}, GivenName{"Odd Magnus", "male"},
    GivenName{"Åse", "female"},        GivenName{"Jørgen", "male"},
    GivenName{"Siri Elise", "female"}, GivenName{"Håkon", "male"},
    GivenName{"Äijä", "male"},
};
constexpr std::array kFamilyNames = {"Nordmann", "Sørensen", "Ødegård", "Lindström", "Virtanen"};

struct Country {
  const char* calling_code;
  const char* code;
  const char* postal_code;
  const char* region;
};

constexpr Country kNorway = {"47", "NO", "0150", "Oslo"};
// Whose code is part of another's comes first.
constexpr std::array kCountries = {
    Country{"298", "FO", "100", "Tórshavn"},
    Country{"35845", "AX", "22100", "Mariehamn"},
    kNorway,
    Country{"45", "DK", "1050", "København K"},
    Country{"46", "SE", "111 29", "Stockholm"},
    Country{"358", "FI", "00100", "Helsinki"},
};

struct Customer {
  uint64_t number = 0;  // the digits after the country code
  Country country = kNorway;
  GivenName given_name = kGivenNames[0];
  std::string family_name;
  std::string birthdate;
};

Customer CustomerOf(absl::string_view msisdn) {
  Customer customer;
  absl::string_view national_number = msisdn;
  for (const Country& country : kCountries) {
    if (absl::ConsumePrefix(&national_number, country.calling_code)) {
      customer.country = country;
      break;
    }
  }
  const bool is_number = absl::SimpleAtoi(national_number, &customer.number);
  static_cast<void>(is_number);  // what is none gets the customer of 0
  const uint64_t choice = customer.number % kChoices;
  customer.given_name = kGivenNames[choice % kGivenNames.size()];
  customer.family_name = kFamilyNames[choice % kFamilyNames.size()];
  customer.birthdate = absl::StrFormat("%04d-%02d-%02d", 1940 + customer.number % 65,
                                       1 + customer.number % 12, 1 + customer.number % 28);
  return customer;
}

// Eleven digits in the form of a Norwegian identity number whose month is 80 too high, the mark of
// invented people in the authorities' own test data: nobody has it.
std::string NinOf(const Customer& customer) {
  return absl::StrFormat("%02d%02d%02d%05d", 1 + customer.number % 28, 81 + customer.number % 12,
                         (40 + customer.number % 65) % 100, customer.number % 100'000);
}

std::string EmailOf(absl::string_view msisdn) {
  return absl::StrCat("customer-", msisdn, "@example.com");
}

Json Address(const char* type, const char* street, const Country& country) {
  return {{"address_type", type},
          {"street_address", street},
          {"postal_code", country.postal_code},
          {"region", country.region},
          {"country", country.code},
          {"formatted", absl::StrCat(street, "\n", country.postal_code, "\n", country.region, "\n",
                                     country.code)}};
}

Json NoAddress() {
  return {{"address_type", "home"}, {"street_address", ""}, {"postal_code", ""},
          {"region", ""},           {"country", ""},        {"formatted", ""}};
}

// More than the documentation promises.
void AddUndocumentedAddresses(const Customer& customer, Json& claims) {
  claims["address"] = Address("home", "Robsrudskogen 15\nH0301", customer.country);
  claims["address"]["care_of"] = "Odd Nordmann";
  claims["other_addresses"] = Json::array();
  for (const char* street : {"Storgata 1", "Fjellveien 7", "Hytteveien 3"}) {
    claims["other_addresses"].push_back(Address("other", street, customer.country));
  }
}

void AddAddresses(const Customer& customer, ProfileKind kind, Json& claims) {
  if (kind == ProfileKind::kNoAddress) {
    claims["address"] = NoAddress();
    claims["other_addresses"] = Json::array();
    return;
  }
  if (kind == ProfileKind::kUndocumentedMembers) return AddUndocumentedAddresses(customer, claims);
  claims["address"] = Address("home", "Robsrudskogen 15\nH0301", customer.country);
  claims["other_addresses"] = Json::array({Address("work", "Storgata 1", customer.country),
                                           Address("other", "Fjellveien 7", customer.country)});
}

Json Consent(const char* id, bool accepted, bool required, const char* text) {
  return {
      {"id", id}, {"accepted", accepted}, {"required", required}, {"textDisplayedToUser", text}};
}

Json Consents(absl::Time consent_time) {
  const Json link = {{"linkToWebPage", "https://example.com/terms"}, {"linkText", "Terms"}};
  return {
      {"heading", "Become a member"},
      {"termsDescription", "By continuing you accept the terms of membership."},
      {"confirmConsentButtonText", "I agree"},
      {"links", Json::array({link})},
      {"timeOfConsent", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", consent_time, absl::UTCTimeZone())},
      {"consents", Json::array({Consent("member", true, true, "I want to be a member"),
                                Consent("newsletter", false, false, "Send me news")})}};
}

// As a later version might send it.
Json UndocumentedConsents(absl::Time consent_time) {
  Json consents = Consents(consent_time);
  consents["links"].push_back("https://example.com/privacy");
  consents["timeOfConsent"] = absl::ToUnixMillis(consent_time);
  consents["consents"][0]["version"] = 3;
  return consents;
}

void AddClaims(absl::string_view scope, absl::string_view msisdn, const Customer& customer,
               ProfileKind kind, absl::Time consent_time, Json& claims) {
  if (scope == "name") {
    claims["name"] = absl::StrCat(customer.given_name.text, " ", customer.family_name);
    claims["given_name"] = customer.given_name.text;
    claims["family_name"] = customer.family_name;
  } else if (scope == "phoneNumber") {
    const char* plus = kind == ProfileKind::kPhoneNumberWithPlus ? "+" : "";
    claims["phone_number"] = absl::StrCat(plus, msisdn);
    claims["phone_number_verified"] = true;
  } else if (scope == "email") {
    claims["email"] = EmailOf(msisdn);
    claims["email_verified"] = true;
  } else if (scope == "address") {
    AddAddresses(customer, kind, claims);
  } else if (scope == "birthDate") {
    claims["birthdate"] = customer.birthdate;
  } else if (scope == "gender") {
    claims["gender"] = customer.given_name.gender;
  } else if (scope == "nin" && kind != ProfileKind::kPlanWithoutNin) {
    claims["nin"] = NinOf(customer);
  } else if ((scope == "delegatedConsents" || scope == "customFlow") &&
             kind != ProfileKind::kConsentsGivenBefore) {
    claims["delegatedConsents"] = kind == ProfileKind::kUndocumentedMembers
                                      ? UndocumentedConsents(consent_time)
                                      : Consents(consent_time);
  }
}

}  // namespace

std::string SubjectOf(absl::string_view msisdn, absl::string_view client_id) {
  return UuidOf(absl::StrCat(client_id, " ", msisdn));
}

std::string UserinfoJson(absl::string_view msisdn, absl::string_view client_id,
                         const std::vector<std::string>& scopes, ProfileKind kind,
                         absl::Time consent_time) {
  const Customer customer = CustomerOf(msisdn);
  const absl::string_view who = kind == ProfileKind::kOtherSubject ? "somebody else" : msisdn;
  Json claims = {{"sub", SubjectOf(who, client_id)}, {"sid", RandomUuid()}};
  for (const std::string& scope : scopes) {
    AddClaims(scope, msisdn, customer, kind, consent_time, claims);
  }
  return claims.dump();
}

}  // namespace cibad
