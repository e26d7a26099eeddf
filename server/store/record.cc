#include "server/store/record.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using Json = nlohmann::json;

// Grows when the meaning of a member changes or one is added; ReadLogin then has to know the older
// ones.
constexpr int64_t kRecordFormat = 1;

// The names that enumerators are kept by, so that their order in the code is free to change.
constexpr std::array<const char*, 8> kStateNames = {"starting", "pending", "confirmed", "completed",
                                                    "denied",   "expired", "cancelled", "failed"};
static_assert(kStateNames.size() == static_cast<size_t>(LoginState::kFailed) + 1);

constexpr std::array<const char*, 13> kReasonNames = {"none",
                                                      "interrupted",
                                                      "invalid_user",
                                                      "app_outdated",
                                                      "too_many_logins",
                                                      "wrong_challenge",
                                                      "credentials_refused",
                                                      "request_refused",
                                                      "provider_unavailable",
                                                      "provider_answer_invalid",
                                                      "id_token_refused",
                                                      "profile_refused",
                                                      "other"};
static_assert(kReasonNames.size() == static_cast<size_t>(FailureReason::kOther) + 1);

absl::Time FromStoredTime(int64_t stored) {
  if (stored == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  if (stored == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  return absl::FromUnixNanos(stored);
}

// Every struct lists its members once, in Visit below; Writer and Reader walk the same list, so
// that what is written and what is read cannot drift apart.

class Writer {
 public:
  template <typename T>
  void operator()(const char* name, const T& value) {
    json_[name] = Encode(value);
  }
  Json Take() { return std::move(json_); }

 private:
  static Json Encode(const std::string& value) { return value; }
  static Json Encode(bool value) { return value; }
  static Json Encode(int64_t value) { return value; }
  static Json Encode(absl::Time value) { return ToStoredTime(value); }
  static Json Encode(absl::Duration value) { return absl::ToInt64Nanoseconds(value); }
  static Json Encode(LoginState value) { return kStateNames.at(static_cast<size_t>(value)); }
  static Json Encode(FailureReason value) { return kReasonNames.at(static_cast<size_t>(value)); }
  template <typename T>
  static Json Encode(const std::optional<T>& value) {
    return value.has_value() ? Encode(*value) : Json(nullptr);
  }
  template <typename T>
  static Json Encode(const std::vector<T>& values) {
    Json array = Json::array();
    for (const T& value : values) array.push_back(Encode(value));
    return array;
  }
  template <typename T>
  static Json Encode(const T& value);

  Json json_ = Json::object();
};

class Reader {
 public:
  explicit Reader(const Json& json) : json_(json), ok_(json.is_object()) {}

  template <typename T>
  void operator()(const char* name, T& value) {
    const auto member = ok_ ? json_.find(name) : json_.end();
    ok_ = ok_ && member != json_.end() && Decode(*member, value);
  }
  // Whether every member was there and of its type.
  bool ok() const { return ok_; }

 private:
  static bool Decode(const Json& json, std::string& value) {
    if (!json.is_string()) return false;
    value = json.get_ref<const std::string&>();
    return true;
  }
  static bool Decode(const Json& json, bool& value) {
    if (!json.is_boolean()) return false;
    value = json.get<bool>();
    return true;
  }
  static bool Decode(const Json& json, int64_t& value) {
    if (!json.is_number_integer()) return false;
    value = json.get<int64_t>();
    return true;
  }
  static bool Decode(const Json& json, absl::Time& value) {
    int64_t stored = 0;
    if (!Decode(json, stored)) return false;
    value = FromStoredTime(stored);
    return true;
  }
  static bool Decode(const Json& json, absl::Duration& value) {
    int64_t nanoseconds = 0;
    if (!Decode(json, nanoseconds)) return false;
    value = absl::Nanoseconds(nanoseconds);
    if (nanoseconds == std::numeric_limits<int64_t>::max()) value = absl::InfiniteDuration();
    return true;
  }
  template <typename Enum, size_t kCount>
  static bool DecodeName(const Json& json, const std::array<const char*, kCount>& names,
                         Enum& value) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (json == names[i]) {
        value = static_cast<Enum>(i);
        return true;
      }
    }
    return false;
  }
  static bool Decode(const Json& json, LoginState& value) {
    return DecodeName(json, kStateNames, value);
  }
  static bool Decode(const Json& json, FailureReason& value) {
    return DecodeName(json, kReasonNames, value);
  }
  template <typename T>
  static bool Decode(const Json& json, std::optional<T>& value) {
    value.reset();
    if (json.is_null()) return true;
    T decoded;
    if (!Decode(json, decoded)) return false;
    value = std::move(decoded);
    return true;
  }
  template <typename T>
  static bool Decode(const Json& json, std::vector<T>& values) {
    if (!json.is_array()) return false;
    values.clear();
    for (const Json& element : json) {
      if (!Decode(element, values.emplace_back())) return false;
    }
    return true;
  }
  template <typename T>
  static bool Decode(const Json& json, T& value);

  const Json& json_;
  bool ok_;
};

// `T` is that struct, const for the Writer.
template <typename T, typename Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

template <typename Visitor, Is<Failure> T>
void VisitMembers(Visitor& visit, T& failure) {
  visit("reason", failure.reason);
  visit("provider_code", failure.provider_code);
  visit("retry_after", failure.retry_after);
}

template <typename Visitor, Is<LoginRequest> T>
void VisitMembers(Visitor& visit, T& request) {
  visit("sales_unit", request.sales_unit);
  visit("msisdn", request.msisdn);
  visit("scopes", request.scopes);
  visit("binding_message", request.binding_message);
  visit("binding_message_is_made", request.binding_message_is_made);
  visit("requested_expiry", request.requested_expiry);
  visit("reference", request.reference);
  visit("request_id", request.request_id);
}

template <typename Visitor, Is<Tokens> T>
void VisitMembers(Visitor& visit, T& tokens) {
  visit("access_token", tokens.access_token);
  visit("id_token", tokens.id_token);
  visit("expire_time", tokens.expire_time);
}

template <typename Visitor, Is<Address> T>
void VisitMembers(Visitor& visit, T& address) {
  visit("address_type", address.address_type);
  visit("street_address", address.street_address);
  visit("postal_code", address.postal_code);
  visit("region", address.region);
  visit("country", address.country);
  visit("formatted", address.formatted);
}

template <typename Visitor, Is<Consent> T>
void VisitMembers(Visitor& visit, T& consent) {
  visit("id", consent.id);
  visit("accepted", consent.accepted);
  visit("required", consent.required);
  visit("text_displayed_to_user", consent.text_displayed_to_user);
}

template <typename Visitor, Is<Consents> T>
void VisitMembers(Visitor& visit, T& consents) {
  visit("heading", consents.heading);
  visit("terms_description", consents.terms_description);
  visit("time_of_consent", consents.time_of_consent);
  visit("consents", consents.consents);
}

template <typename Visitor, Is<Profile> T>
void VisitMembers(Visitor& visit, T& profile) {
  visit("subject", profile.subject);
  visit("name", profile.name);
  visit("given_name", profile.given_name);
  visit("family_name", profile.family_name);
  visit("phone_number", profile.phone_number);
  visit("phone_number_verified", profile.phone_number_verified);
  visit("email", profile.email);
  visit("email_verified", profile.email_verified);
  visit("addresses", profile.addresses);
  visit("birthdate", profile.birthdate);
  visit("gender", profile.gender);
  visit("nin", profile.nin);
  visit("consents", profile.consents);
  visit("other_claims_json", profile.other_claims_json);
}

template <typename Visitor, Is<Login> T>
void VisitMembers(Visitor& visit, T& login) {
  visit("id", login.id);
  visit("revision", login.revision);
  visit("request", login.request);
  visit("state", login.state);
  visit("failure", login.failure);
  visit("create_time", login.create_time);
  visit("update_time", login.update_time);
  visit("expire_time", login.expire_time);
  visit("end_time", login.end_time);
  visit("auth_req_id", login.auth_req_id);
  visit("interval", login.interval);
  visit("tokens", login.tokens);
  visit("subject", login.subject);
  visit("profile", login.profile);
}

template <typename T>
Json Writer::Encode(const T& value) {
  Writer writer;
  VisitMembers(writer, value);
  return writer.Take();
}

template <typename T>
bool Reader::Decode(const Json& json, T& value) {
  Reader reader(json);
  VisitMembers(reader, value);
  return reader.ok();
}

absl::Status Refused(const Login& login, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("login ", login.id, " cannot be stored: ", why));
}

}  // namespace

int64_t ToStoredTime(absl::Time time) { return absl::ToUnixNanos(time); }

absl::StatusOr<Record> EncodeRecord(const Login& login) {
  if (login.id.empty()) return Refused(login, "it has no id");
  if (HasEnded(login.state) != login.end_time.has_value()) {
    return Refused(login, "end_time must be there when, and only when, the login has ended");
  }
  Writer writer;
  writer("format", kRecordFormat);
  writer("login", login);
  Record record;
  try {
    record.text = writer.Take().dump();
  } catch (const Json::exception&) {  // the one thing that dump refuses; its text quotes the bytes
    return Refused(login, "a text in it is not UTF-8");
  }
  if (record.text.size() > kMaxRecordBytes) {
    return Refused(login, absl::StrCat("it is larger than ", kMaxRecordBytes, " bytes"));
  }
  record.id = login.id;
  record.request_id = login.request.request_id;
  record.create_time = ToStoredTime(login.create_time);
  if (login.end_time.has_value()) record.end_time = ToStoredTime(*login.end_time);
  record.revision = login.revision;
  return record;
}

absl::StatusOr<Login> DecodeRecord(absl::string_view id, absl::string_view text) {
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  Reader reader(json);
  int64_t format = 0;
  reader("format", format);
  if (reader.ok() && format != kRecordFormat) {
    return absl::DataLossError(absl::StrCat("login ", id, " is stored in format ", format,
                                            ", which this version does not know"));
  }
  Login login;
  reader("login", login);
  if (!reader.ok() || login.id != id) {
    return absl::DataLossError(absl::StrCat("the stored record of login ", id, " is damaged"));
  }
  return login;
}

}  // namespace cibad
