#include "server/provider/profile_claims.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
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

  // Whether the claim is there and a text.
  bool Has(const char* name) const { return FindText(object_, name) != nullptr; }

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

// Reads one address, and leaves in `object` what it has no field for. An address that is none gives
// nothing: Vipps sends a type with empty texts for customers who have none.
std::optional<Address> TakeAddress(json& object, Claims& claims) {
  Claims part(std::move(object));
  Address address;
  address.address_type = part.Text("address_type");
  address.street_address = part.Text("street_address");
  address.postal_code = part.Text("postal_code");
  address.region = part.Text("region");
  address.country = part.Text("country");
  address.formatted = part.Text("formatted");
  claims.Adopt(part);
  object = std::move(part.rest());
  Address none;
  none.address_type = address.address_type;
  if (address == none) return std::nullopt;
  return address;
}

// Keeps what is left of a claim whose known parts were taken, if anything is: a list keeps its
// length, so that what is left stands in its place.
void KeepRest(const char* name, json rest, Claims& claims) {
  const auto is_empty = [](const json& part) { return part.empty(); };
  const bool nothing_is_left =
      rest.is_array() ? std::all_of(rest.begin(), rest.end(), is_empty) : rest.empty();
  if (!nothing_is_left) claims.rest()[name] = std::move(rest);
}

void ReadAddresses(Claims& claims, Profile& profile) {
  json first = claims.Object("address");
  if (first.is_object()) {
    if (std::optional<Address> address = TakeAddress(first, claims)) {
      profile.addresses.push_back(*std::move(address));
    }
    KeepRest("address", std::move(first), claims);
  }
  json others = claims.Array("other_addresses");
  for (json& other : others) {
    if (!other.is_object()) {
      claims.Refuse("other_addresses", "holds something that is no object");
      return;
    }
    json whole = other;
    std::optional<Address> address = TakeAddress(other, claims);
    if (!address) continue;
    if (profile.addresses.size() < kMaxAddresses) {
      profile.addresses.push_back(*std::move(address));
    } else {
      other = std::move(whole);
    }
  }
  KeepRest("other_addresses", std::move(others), claims);
}

// The first of these members that is there.
std::string TakeFirst(Claims& claims, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (claims.Has(name)) return claims.Text(name);
  }
  return "";
}

// A link is an object, whose members have had several names, or a URL alone. What is neither stays
// where it is.
std::optional<Link> TakeLink(json& link) {
  if (const auto* url = link.get_ptr<const std::string*>()) {
    Link taken{"", *url};
    link = json::object();
    return taken;
  }
  if (!link.is_object()) return std::nullopt;
  Claims part(link);
  Link taken;
  taken.text = TakeFirst(part, {"linkText", "text", "title"});
  taken.url = TakeFirst(part, {"linkToWebPage", "url", "href"});
  if (!part.status().ok() || taken.url.empty()) return std::nullopt;
  link = std::move(part.rest());
  return taken;
}

void ReadLinks(Claims& part, Consents& consents) {
  const auto found = part.rest().find("links");
  if (found == part.rest().end() || !found->is_array()) return;  // it stays with the other claims
  json links = part.Array("links");
  if (links.size() > kMaxConsents) part.Refuse("links", "are too many");
  for (json& link : links) {
    if (std::optional<Link> taken = TakeLink(link)) consents.links.push_back(*std::move(taken));
  }
  KeepRest("links", std::move(links), part);
}

// RFC 3339 with or without its zone, which then is UTC; or seconds or milliseconds since 1970.
std::optional<absl::Time> ParseConsentTime(const json& claim) {
  constexpr double kYear2286 = 1e10;  // in seconds; a greater number counts milliseconds
  constexpr double kYear10000 = 253402300800;
  absl::Time time;
  double number = -1;
  if (const auto* text = claim.get_ptr<const std::string*>()) {
    for (const char* format :
         {absl::RFC3339_full, "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%dT%H:%M"}) {
      if (absl::ParseTime(format, *text, &time, nullptr)) return time;
    }
    if (!absl::SimpleAtod(*text, &number)) return std::nullopt;
  } else if (claim.is_number()) {
    number = claim.get<double>();
  }
  const bool is_milliseconds = number > kYear2286;
  if (!(number >= 0 && number < kYear10000 * (is_milliseconds ? 1000 : 1))) return std::nullopt;
  const auto whole = static_cast<int64_t>(number);
  return absl::UnixEpoch() + (is_milliseconds ? absl::Milliseconds(whole) : absl::Seconds(whole));
}

void ReadConsentTime(Claims& part, Consents& consents) {
  const auto claim = part.rest().find("timeOfConsent");
  if (claim == part.rest().end()) return;
  const std::optional<absl::Time> time = ParseConsentTime(*claim);
  const bool is_none = claim->is_null() || *claim == nlohmann::json("");
  if (!time && !is_none) return;  // it stays with the other claims
  if (time) {
    consents.time_of_consent = absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", *time, absl::UTCTimeZone());
  }
  part.rest().erase(claim);
}

void ReadQuestions(Claims& part, Consents& consents) {
  json questions = part.Array("consents");
  if (questions.size() > kMaxConsents) part.Refuse("consents", "are too many");
  for (json& question : questions) {
    if (!question.is_object()) {
      part.Refuse("consents", "holds something that is no object");
      return;
    }
    Claims answer(std::move(question));
    consents.consents.push_back({.id = answer.Text("id"),
                                 .accepted = answer.Truth("accepted"),
                                 .required = answer.Truth("required"),
                                 .text_displayed_to_user = answer.Text("textDisplayedToUser")});
    part.Adopt(answer);
    question = std::move(answer.rest());
  }
  KeepRest("consents", std::move(questions), part);
}

void ReadConsents(Claims& claims, Profile& profile) {
  json object = claims.Object("delegatedConsents");
  if (object.is_null()) return;
  Claims part(std::move(object));
  Consents consents;
  consents.heading = part.Text("heading");
  consents.terms_description = TakeFirst(part, {"termsDescription", "terms"});
  ReadConsentTime(part, consents);
  ReadQuestions(part, consents);
  ReadLinks(part, consents);
  claims.Adopt(part);
  profile.consents = std::move(consents);
  KeepRest("delegatedConsents", std::move(part.rest()), claims);
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
