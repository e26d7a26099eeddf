#include "server/provider/profile_claims.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

using nlohmann::json;

constexpr size_t kMaxAddresses = 3;
constexpr size_t kMaxConsents = 100;
constexpr size_t kMaxOtherClaimsBytes = 16 << 10;

// Takes claims out of an object one by one, so that what is left is what nobody knew. Remembers the
// first claim that was not what it should be; everything after that comes out empty.
class Claims {
 public:
  explicit Claims(json object) : object_(std::move(object)) {}

  std::string Text(const char* name) {
    const json claim = Take(name);
    const auto* text = claim.get_ptr<const std::string*>();
    if (text == nullptr && !claim.is_null()) Refuse(name, "is not a string");
    return text == nullptr ? "" : *text;
  }

  bool Truth(const char* name) {
    const json claim = Take(name);
    if (claim.is_null()) return false;
    if (const bool* truth = claim.get_ptr<const bool*>()) return *truth;
    const auto* text = claim.get_ptr<const std::string*>();
    if (text != nullptr && absl::EqualsIgnoreCase(*text, "true")) return true;
    if (text == nullptr || !absl::EqualsIgnoreCase(*text, "false")) {
      Refuse(name, "is neither true nor false");
    }
    return false;
  }

  // An object, or null.
  json Object(const char* name) { return OfType(name, json::value_t::object, "is not an object"); }

  // An array, or null.
  json Array(const char* name) { return OfType(name, json::value_t::array, "is not an array"); }

  void Refuse(absl::string_view name, absl::string_view what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(name, " ", what));
  }

  // Claims that are part of another: what was wrong with them is wrong here.
  void Adopt(const Claims& part) {
    if (status_.ok()) status_ = part.status_;
  }

  const absl::Status& status() const { return status_; }
  json& rest() { return object_; }

 private:
  json Take(const char* name) {
    const auto claim = object_.find(name);
    if (claim == object_.end() || !status_.ok()) return nullptr;
    json taken = std::move(*claim);
    object_.erase(claim);
    return taken;
  }

  json OfType(const char* name, json::value_t type, absl::string_view complaint) {
    json claim = Take(name);
    if (claim.is_null() || claim.type() == type) return claim;
    Refuse(name, complaint);
    return nullptr;
  }

  json object_;
  absl::Status status_;
};

// Vipps sends an MSISDN, with or without `+`; the profile has it with.
std::string ReadPhoneNumber(Claims& claims) {
  constexpr size_t kMaxDigits = 15;  // E.164
  const std::string text = claims.Text("phone_number");
  if (text.empty()) return "";
  const absl::string_view digits = absl::StripPrefix(text, "+");
  if (digits.empty() || digits.size() > kMaxDigits ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) {
    claims.Refuse("phone_number", "is not a country code and a number");
    return "";
  }
  return absl::StrCat("+", digits);
}

void AddAddress(json object, Claims& claims, Profile& profile) {
  if (!object.is_object()) return;
  Claims part(std::move(object));
  Address address;
  address.address_type = part.Text("address_type");
  address.street_address = part.Text("street_address");
  address.postal_code = part.Text("postal_code");
  address.region = part.Text("region");
  address.country = part.Text("country");
  address.formatted = part.Text("formatted");
  claims.Adopt(part);
  // A type alone is no address: Vipps sends it, with empty texts, for customers who have none.
  Address none;
  none.address_type = address.address_type;
  if (address != none && profile.addresses.size() < kMaxAddresses) {
    profile.addresses.push_back(std::move(address));
  }
}

void ReadAddresses(Claims& claims, Profile& profile) {
  AddAddress(claims.Object("address"), claims, profile);
  for (json& other : claims.Array("other_addresses")) {
    if (!other.is_object()) claims.Refuse("other_addresses", "holds something that is no object");
    AddAddress(std::move(other), claims, profile);
  }
}

void ReadConsents(Claims& claims, Profile& profile) {
  json object = claims.Object("delegatedConsents");
  if (object.is_null()) return;
  Claims part(std::move(object));
  Consents consents;
  consents.heading = part.Text("heading");
  consents.terms_description = part.Text("termsDescription");
  consents.time_of_consent = part.Text("timeOfConsent");
  json questions = part.Array("consents");
  if (questions.size() > kMaxConsents) part.Refuse("consents", "are too many");
  for (json& question : questions) {
    if (!question.is_object()) {
      part.Refuse("consents", "holds something that is no object");
      break;
    }
    Claims answer(std::move(question));
    consents.consents.push_back({.id = answer.Text("id"),
                                 .accepted = answer.Truth("accepted"),
                                 .required = answer.Truth("required"),
                                 .text_displayed_to_user = answer.Text("textDisplayedToUser")});
    part.Adopt(answer);
  }
  claims.Adopt(part);
  profile.consents = std::move(consents);
  // The links and the language have no field: they stay with the claims that have none.
  if (!part.rest().empty()) claims.rest()["delegatedConsents"] = std::move(part.rest());
}

void ReadPerson(Claims& claims, Profile& profile) {
  profile.subject = claims.Text("sub");
  if (!IsSubject(profile.subject)) claims.Refuse("sub", "is missing or malformed");
  profile.name = claims.Text("name");
  profile.given_name = claims.Text("given_name");
  profile.family_name = claims.Text("family_name");
  profile.phone_number = ReadPhoneNumber(claims);
  profile.phone_number_verified = claims.Truth("phone_number_verified");
  profile.email = claims.Text("email");
  profile.email_verified = claims.Truth("email_verified");
  profile.birthdate = claims.Text("birthdate");
  profile.gender = claims.Text("gender");
  profile.nin = claims.Text("nin");
}

}  // namespace

absl::StatusOr<Profile> ReadProfile(const json& object) {
  Claims claims(object);
  Profile profile;
  ReadPerson(claims, profile);
  ReadAddresses(claims, profile);
  ReadConsents(claims, profile);
  if (!claims.rest().empty()) profile.other_claims_json = claims.rest().dump();
  if (profile.other_claims_json.size() > kMaxOtherClaimsBytes) {
    claims.Refuse("the claims that have no field", "are too large");
  }
  if (!claims.status().ok()) return claims.status();
  return profile;
}

}  // namespace cibad
