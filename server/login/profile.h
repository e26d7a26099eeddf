// A verified customer, as a plain value. The provider folder makes it from the userinfo answer, the
// store keeps it for some minutes, the API hands it to the till that asked. It is personal data
// throughout: no field of it may reach a log, an error or a metric.

#ifndef CIBAD_SERVER_LOGIN_PROFILE_H_
#define CIBAD_SERVER_LOGIN_PROFILE_H_

#include <optional>
#include <string>
#include <vector>

namespace cibad {

// An empty string means that the provider gave none; Vipps sends empty strings for "absent".
struct Address {
  std::string address_type;  // home, work, other
  std::string street_address;
  std::string postal_code;
  std::string region;
  std::string country;  // ISO 3166-1 alpha-2
  std::string formatted;

  friend bool operator==(const Address&, const Address&) = default;
};

struct Consent {
  std::string id;
  bool accepted = false;
  bool required = false;
  std::string text_displayed_to_user;

  friend bool operator==(const Consent&, const Consent&) = default;
};

// To more about what was agreed to.
struct Link {
  std::string text;
  std::string url;

  friend bool operator==(const Link&, const Link&) = default;
};

struct Consents {
  std::string heading;
  std::string terms_description;
  std::string
      time_of_consent;  // RFC 3339, in UTC; empty: the provider gave none that is understood
  std::vector<Consent> consents;
  std::vector<Link> links;

  friend bool operator==(const Consents&, const Consents&) = default;
};

struct Profile {
  std::string subject;  // the claim `sub`; always there
  std::string name;
  std::string given_name;
  std::string family_name;
  std::string phone_number;  // E.164 with `+`
  bool phone_number_verified = false;
  std::string email;
  bool email_verified = false;
  std::vector<Address> addresses;  // the main one first, at most three
  std::string birthdate;           // YYYY-MM-DD
  std::string gender;
  std::string nin;
  std::optional<Consents> consents;
  std::string
      other_claims_json;  // a JSON object of the claims not named here; empty when there are none

  friend bool operator==(const Profile&, const Profile&) = default;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_PROFILE_H_
