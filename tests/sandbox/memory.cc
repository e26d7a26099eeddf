#include "tests/sandbox/memory.h"

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/sandbox/test_numbers.h"

namespace cibad {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kAlways = std::numeric_limits<int64_t>::min();
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

Json ToJson(absl::Time time) {
  if (time == absl::InfiniteFuture()) return kNever;
  if (time == absl::InfinitePast()) return kAlways;
  return absl::ToUnixNanos(time);
}
void FromJson(const Json& json, absl::Time& time) {
  const auto nanoseconds = json.get<int64_t>();
  time = absl::FromUnixNanos(nanoseconds);
  if (nanoseconds == kNever) time = absl::InfiniteFuture();
  if (nanoseconds == kAlways) time = absl::InfinitePast();
}

Json ToJson(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }
void FromJson(const Json& json, absl::Duration& duration) {
  duration = absl::Nanoseconds(json.get<int64_t>());
}

Json ToJson(const std::optional<absl::Duration>& duration) {
  return duration.has_value() ? ToJson(*duration) : Json();
}
void FromJson(const Json& json, std::optional<absl::Duration>& duration) {
  if (json.is_null()) return duration.reset();
  FromJson(json, duration.emplace());
}

Json ToJson(const Violations& violations) {
  Json json = Json::object();
  for (size_t i = 0; i < kViolationNames.size(); ++i) {
    json[std::string(kViolationNames[i])] = violations.Of(i);
  }
  return json;
}
void FromJson(const Json& json, Violations& violations) {
  for (size_t i = 0; i < kViolationNames.size(); ++i) {
    violations.Set(i, json.at(std::string(kViolationNames[i])).get<int64_t>());
  }
}

template <typename Value>
concept Enumeration = std::is_enum_v<Value>;

template <Enumeration Value>
Json ToJson(Value value) {
  return static_cast<int>(value);
}
template <Enumeration Value>
void FromJson(const Json& json, Value& value) {
  value = static_cast<Value>(json.get<int>());
}

// Maps of enumerations become lists of pairs.
template <typename Key, typename Value>
Json ToJson(const std::map<Key, Value>& map) {
  Json json = Json::array();
  for (const auto& [key, value] : map) {
    Json name = key;
    Json what = value;
    json.push_back(Json::array({std::move(name), std::move(what)}));
  }
  return json;
}
template <typename Key, typename Value>
void FromJson(const Json& json, std::map<Key, Value>& map) {
  for (const Json& pair : json) map[pair.at(0).get<Key>()] = pair.at(1).get<Value>();
}

template <typename Value>
requires(std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string> ||
         std::is_same_v<Value, std::vector<std::string>>) Json ToJson(const Value& value) {
  return value;
}
template <typename Value>
requires(std::is_arithmetic_v<Value> || std::is_same_v<Value, std::string> ||
         std::is_same_v<Value, std::vector<std::string>>) void FromJson(const Json& json,
                                                                        Value& value) {
  value = json.get<Value>();
}

// Each kind of thing has one list of its members, which both directions go through.
struct Writer {
  Json json = Json::object();
  template <typename Value>
  void operator()(const char* name, const Value& value) {
    json[name] = ToJson(value);
  }
};
struct Reader {
  const Json& json;
  template <typename Value>
  void operator()(const char* name, Value& value) {
    FromJson(json.at(name), value);
  }
};

template <typename Direction, typename Login>
void Members(Direction& member, Login& login) {
  member("number", login.number);
  member("auth_req_id", login.auth_req_id);
  member("msisdn", login.request.msisdn);
  member("scopes", login.request.scopes);
  member("binding_message", login.request.binding_message);
  member("requested_expiry", login.request.requested_expiry);
  member("msn", login.request.msn);
  member("by_partner", login.request.by_partner);
  member("start_time", login.start_time);
  member("acknowledged_time", login.acknowledged_time);
  member("expire_time", login.expire_time);
  member("interval", login.interval);
  member("end", login.end);
  member("decision", login.decision);
  member("decision_time", login.decision_time);
  member("last_poll_time", login.last_poll_time);
  member("answered_time", login.answered_time);
  member("polls", login.polls);
  member("token_failures", login.token_failures);
  member("retry_time", login.retry_time);
  member("access_token", login.access_token);
  member("access_token_expire_time", login.access_token_expire_time);
  member("userinfo_requests", login.userinfo_requests);
  member("userinfo_failures", login.userinfo_failures);
  member("userinfo_retry_time", login.userinfo_retry_time);
  member("violations", login.violations);
}

template <typename Direction, typename Totals>
void TotalMembers(Direction& member, Totals& totals) {
  member("backchannel_requests", totals.backchannel_requests);
  member("polls", totals.polls);
  member("unknown_polls", totals.unknown_polls);
  member("userinfo_requests", totals.userinfo_requests);
  member("unknown_access_tokens", totals.unknown_access_tokens);
  member("logins", totals.logins);
  member("ends", totals.ends);
  member("largest_earliness", totals.largest_earliness);
}

template <typename Direction, typename Memory>
void MemoryMembers(Direction& member, Memory& memory) {
  member("requests_by_phone", memory.provider.requests_by_phone);
  member("decisions_in_advance", memory.provider.decisions_in_advance);
  member("violations", memory.provider.violations);
  member("discovery_requests", memory.counts.discovery_requests);
  member("jwks_requests", memory.counts.jwks_requests);
  member("most_connections", memory.counts.most_connections);
  member("systems", memory.counts.systems);
  member("access_tokens_given", memory.counts.access_tokens_given);
}

}  // namespace

std::string WriteMemory(const SandboxMemory& memory) {
  Writer whole;
  MemoryMembers(whole, memory);
  Writer totals;
  TotalMembers(totals, memory.provider.totals);
  whole.json["totals"] = std::move(totals.json);
  Json& logins = whole.json["logins"] = Json::array();
  for (const SandboxLogin& login : memory.provider.logins) {
    Writer one;
    Members(one, login);
    logins.push_back(std::move(one.json));
  }
  return whole.json.dump();
}

absl::StatusOr<SandboxMemory> ReadMemory(absl::string_view text) {
  try {
    const Json json = Json::parse(text);
    SandboxMemory memory;
    Reader whole{json};
    MemoryMembers(whole, memory);
    Reader totals{json.at("totals")};
    TotalMembers(totals, memory.provider.totals);
    for (const Json& one : json.at("logins")) {
      Reader reader{one};
      SandboxLogin& login = memory.provider.logins.emplace_back();
      Members(reader, login);
      login.behaviour = BehaviourOf(login.request.msisdn);
    }
    return memory;
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("no sandbox wrote this: ", error.what()));
  }
}

}  // namespace cibad
