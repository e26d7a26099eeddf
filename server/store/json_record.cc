#include "server/store/json_record.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/login/boxed.h"
#include "server/login/shared.h"
#include "server/store/record_members.h"

namespace cibad {
namespace {

using Json = nlohmann::json;

// Reads the members by their names.
class JsonReader {
 public:
  int format() const { return 1; }
  explicit JsonReader(const Json& json) : json_(json), ok_(json.is_object()) {}

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
    value = DurationFromStored(nanoseconds);
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
  static bool Decode(const Json& json, Language& value) {
    return DecodeName(json, kLanguageNames, value);
  }
  template <typename T>
  static bool Decode(const Json& json, std::optional<T>& value) {
    return DecodeIfThere<T>(json, value);
  }
  template <typename T>
  static bool Decode(const Json& json, Boxed<T>& value) {
    return DecodeIfThere<T>(json, value);
  }
  template <typename T>
  static bool Decode(const Json& json, Shared<T>& value) {
    T& decoded = value.Edit();
    if (!Decode(json, decoded)) return false;
    if (decoded == T()) value = Shared<T>();  // which takes no memory
    return true;
  }
  template <typename T, typename Optional>
  static bool DecodeIfThere(const Json& json, Optional& value) {
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

template <typename T>
bool JsonReader::Decode(const Json& json, T& value) {
  JsonReader reader(json);
  VisitMembers(reader, value);
  return reader.ok();
}

}  // namespace

absl::StatusOr<Login> DecodeJsonRecord(absl::string_view id, absl::string_view text) {
  constexpr int64_t kFormat = 1;
  const Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  JsonReader reader(json);
  int64_t format = 0;
  Login login;
  reader("format", format);
  reader("login", login);
  if (!reader.ok() || format != kFormat || login.id != id) {
    return absl::DataLossError(absl::StrCat("the stored record of login ", id, " is damaged"));
  }
  return login;
}

}  // namespace cibad
