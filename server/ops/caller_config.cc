#include "server/ops/caller_config.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/login/scope.h"
#include "server/ops/certificate_name.h"
#include "server/ops/config_checks.h"

namespace cibad {
namespace {

constexpr size_t kMaxCallers = 1000;
constexpr size_t kMaxIdentities = 100;  // listeners, certificates or tokens of one caller
constexpr size_t kMaxAllowed = 1000;    // elements of a list of what a caller may do
constexpr size_t kMaxCallerNameBytes = 64;
constexpr size_t kMaxUriBytes = 2048;  // as of a start
constexpr int kDefaultStartsPerMinute = 60;
constexpr int kDefaultPendingLogins = 100;
constexpr absl::string_view kAll = "*";

using Elements = std::vector<ConfigSection::Element>;
using CheckElement = std::function<absl::Status(const std::string&)>;

absl::Status Refused(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status CheckCallerName(absl::string_view name) {
  const bool is_plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (is_plain && name.size() <= kMaxCallerNameBytes) return absl::OkStatus();
  return Refused(absl::StrCat("must be at most ", kMaxCallerNameBytes,
                              " letters of plain ASCII, digits, dots, dashes and underscores"));
}

// "; did you mean NAME?", where there is a near one.
std::string Suggestion(absl::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = NearestWord(word, candidates);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

absl::Status CheckRpc(const std::string& rpc) {
  const std::vector<std::string>& rpcs = CallableRpcs();
  if (std::find(rpcs.begin(), rpcs.end(), rpc) != rpcs.end()) return absl::OkStatus();
  const std::string suggestion = Suggestion(rpc, rpcs);
  return Refused(absl::StrCat(
      Quoted(rpc), " is no RPC of LoginService",
      suggestion.empty() ? absl::StrCat("; they are ", absl::StrJoin(rpcs, ", ")) : suggestion));
}

absl::Status CheckScope(const std::string& scope) {
  absl::Status status = NormalizeScopes({scope}).status();
  if (status.ok()) return status;
  return Refused(absl::StripPrefix(status.message(), "scopes: "));
}

absl::Status CheckRedirectUri(const std::string& uri) {
  const bool is_visible =
      std::all_of(uri.begin(), uri.end(), [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (absl::StartsWith(uri, "https://") && is_visible && uri.size() <= kMaxUriBytes)
    return absl::OkStatus();
  return Refused(absl::StrCat(Quoted(uri), " must be an https URL of plain ASCII, at most ",
                              kMaxUriBytes, " characters, exactly as starts give it"));
}

CheckElement IsConfigured(const std::vector<SalesUnit>& units) {
  return [&units](const std::string& msn) {
    const bool is_known = std::any_of(units.begin(), units.end(),
                                      [&](const SalesUnit& unit) { return unit.msn == msn; });
    if (is_known) return absl::OkStatus();
    return Refused(absl::StrCat("there is no [[sales_unit]] with msn = ", Quoted(msn),
                                "; add it or remove it here"));
  };
}

// The elements of a list of what a caller may do, or "*" alone.
std::vector<std::string> ReadAllowed(ConfigSection& section, absl::string_view key,
                                     absl::string_view example, const CheckElement& check) {
  std::vector<std::string> allowed;
  const Elements elements = section.Texts(key, kMaxAllowed, example);
  for (const auto& [text, line] : elements) {
    if (text == kAll && elements.size() > 1) {
      section.Fail(key, R"(has "*" beside others; "*" is all, so write it alone)", line);
    } else if (text != kAll) {
      const absl::Status status = check(text);
      if (!status.ok()) section.Fail(key, status.message(), line);
    }
    if (std::find(allowed.begin(), allowed.end(), text) != allowed.end())
      section.Fail(key, absl::StrCat("names ", Quoted(text), " twice"), line);
    if (!section.ok()) return {};
    allowed.push_back(text);
  }
  return allowed;
}

std::vector<std::string> ReadRequiredAllowed(ConfigSection& section, absl::string_view key,
                                             absl::string_view example, const CheckElement& check) {
  if (!section.Has(key)) {
    section.Fail(
        key, absl::StrCat("is missing, and nothing is allowed that is not named; add ", key, " = ",
                          example, R"( to this [[caller]]; ["*"] allows all)"));
  }
  return ReadAllowed(section, key, example, check);
}

bool IsAllowed(const std::vector<std::string>& allowed, const std::string& what) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& element) {
    return element == kAll || element == what;
  });
}

void ReadPermissions(ConfigSection& section, const Config& config, CallerPolicy& policy) {
  const CheckElement is_configured = IsConfigured(config.sales_units);
  policy.rpcs = ReadRequiredAllowed(section, "rpcs",
                                    R"(["StartLogin", "WatchLogin", "CancelLogin"])", CheckRpc);
  policy.sales_units = ReadRequiredAllowed(section, "sales_units", R"(["123456"])", is_configured);
  policy.scopes = ReadRequiredAllowed(section, "scopes", R"(["name", "phoneNumber"])", CheckScope);
  policy.redirect_uris =
      ReadAllowed(section, "redirect_uris", R"(["https://shop.example/back"])", CheckRedirectUri);
  if (section.Has("default_sales_unit")) {
    policy.default_sales_unit = section.Text("default_sales_unit");
    section.Check("default_sales_unit", is_configured(policy.default_sales_unit));
    if (!IsAllowed(policy.sales_units, policy.default_sales_unit)) {
      section.Fail("default_sales_unit", "is not one of the caller's sales_units; add it to them");
    }
  }
  policy.starts_per_minute =
      section.Integer("starts_per_minute", kDefaultStartsPerMinute, {1, 1'000'000, "1 to 1000000"});
  policy.pending_logins =
      section.Integer("pending_logins", kDefaultPendingLogins, {1, 1'000'000, "1 to 1000000"});
}

// What proves who a caller is, of which each can prove only one.
class Identities {
 public:
  explicit Identities(const Config& config) : config_(config) {}

  void Read(ConfigSection& section, CallerPolicy& policy) {
    ReadListeners(section, policy);
    ReadCertificates(section, policy);
    ReadTokens(section, policy);
    if (policy.listeners.empty() && policy.certificates.empty() && policy.token_hashes.empty()) {
      section.Fail("name",
                   "nobody can be this caller; add listeners, certificates or token_sha256, by "
                   "which it is known");
    }
  }

 private:
  // Fails where another caller, or this one, has claimed it already.
  void Claim(ConfigSection& section, absl::string_view key, const std::string& what,
             absl::string_view shown, int line) {
    const auto [earlier, is_new] = line_of_.emplace(absl::StrCat(key, " ", what), line);
    if (is_new) return;
    section.Fail(key,
                 absl::StrCat(shown, " is claimed already, in line ", earlier->second,
                              "; it can tell one caller only"),
                 line);
  }

  void ReadListeners(ConfigSection& section, CallerPolicy& policy) {
    constexpr absl::string_view kKey = "listeners";
    for (const auto& [address, line] :
         section.Texts(kKey, kMaxIdentities, R"(["unix:/run/cibad/cibad.sock"])")) {
      if (std::find(config_.listen.begin(), config_.listen.end(), address) ==
          config_.listen.end()) {
        section.Fail(kKey,
                     absl::StrCat(Quoted(address),
                                  " is no address of listen.grpc; write it exactly as it is there",
                                  Suggestion(address, config_.listen)),
                     line);
      }
      if (config_.tls.has_value() && !absl::StartsWith(address, "unix:")) {
        section.Fail(kKey,
                     absl::StrCat(Quoted(address),
                                  " is open to everyone who knows TLS; its callers are known by "
                                  "certificates or token_sha256"),
                     line);
      }
      Claim(section, kKey, address, Quoted(address), line);
      policy.listeners.push_back(address);
    }
  }

  void ReadCertificates(ConfigSection& section, CallerPolicy& policy) {
    constexpr absl::string_view kKey = "certificates";
    if (section.Has(kKey) && (!config_.tls.has_value() || config_.tls->client_ca_file.empty()))
      section.Fail(kKey, "client certificates need client_ca_file in a [tls] section; add it");
    for (const auto& [pattern, line] :
         section.Texts(kKey, kMaxIdentities, R"(["*.tills.example.com"])")) {
      const absl::Status status = CheckCertificatePattern(pattern);
      if (!status.ok()) section.Fail(kKey, status.message(), line);
      Claim(section, kKey, pattern, Quoted(pattern), line);
      policy.certificates.push_back(pattern);
    }
  }

  // What is wrong is never quoted: it may be the token itself.
  void ReadTokens(ConfigSection& section, CallerPolicy& policy) {
    constexpr absl::string_view kKey = "token_sha256";
    constexpr size_t kHexDigits = 64;
    if (section.Has(kKey) && !config_.tls.has_value())
      section.Fail(kKey, "bearer tokens are taken over TLS only; add a [tls] section");
    for (const auto& [hex, line] :
         section.Texts(kKey, kMaxIdentities, R"(["64 hexadecimal digits"])")) {
      const bool is_hex = hex.size() == kHexDigits &&
                          std::all_of(hex.begin(), hex.end(),
                                      [](unsigned char c) { return absl::ascii_isxdigit(c); });
      if (!is_hex) {
        section.Fail(kKey,
                     "must be the 64 hexadecimal digits that `printf %s \"$token\" | sha256sum` "
                     "prints for a token, never the token itself",
                     line);
        return;
      }
      std::string hash = absl::HexStringToBytes(hex);
      Claim(section, kKey, hash, "this token's hash", line);
      policy.token_hashes.push_back(std::move(hash));
    }
  }

  const Config& config_;
  std::map<std::string, int> line_of_;
};

CallerPolicy ReadCaller(ConfigSection& section, const Config& config, Identities& identities) {
  CallerPolicy policy;
  policy.name = section.RequiredText("name");
  section.Check("name", CheckCallerName(policy.name));
  identities.Read(section, policy);
  ReadPermissions(section, config, policy);
  return policy;
}

}  // namespace

CallerPolicies ReadCallers(ConfigReader& reader, const toml::table& root, const Config& config) {
  CallerPolicies policies;
  const toml::node* node = root.get("caller");
  const toml::array* array = node == nullptr ? nullptr : node->as_array();
  if (array == nullptr || array->empty()) {
    reader.Fail(node == nullptr ? 1 : LineOf(*node), "caller",
                "is missing, so nobody could call; add a [[caller]] section with name, listeners "
                "(or certificates or token_sha256), rpcs, sales_units and scopes");
    return policies;
  }
  if (array->size() > kMaxCallers) {
    reader.Fail(LineOf(*node), "caller", absl::StrCat("there are more than ", kMaxCallers));
  }
  Identities identities(config);
  std::map<std::string, int> line_of_name;
  for (const toml::node& element : *array) {
    ConfigSection section(reader, "caller", element.as_table());
    CallerPolicy policy = ReadCaller(section, config, identities);
    policy.position = static_cast<int>(policies.size());
    const auto [earlier, is_new] = line_of_name.emplace(policy.name, section.LineOfKey("name"));
    if (!is_new) {
      section.Fail("name", absl::StrCat(Quoted(policy.name), " is configured already, in line ",
                                        earlier->second, "; each caller is written once"));
    }
    if (!reader.status().ok()) break;
    std::string name = policy.name;
    policies.emplace(std::move(name), std::make_shared<const CallerPolicy>(std::move(policy)));
  }
  return policies;
}

CallerPolicies CallersAfterReload(const Config& running, const Config& loaded) {
  CallerPolicies callers = loaded.callers;
  for (const auto& [name, policy] : running.callers) {
    const auto same = callers.find(name);
    if (same == callers.end()) continue;
    CallerPolicy changed = *same->second;
    for (const std::string& listener : policy->listeners) {
      const bool is_gone =
          std::find(loaded.listen.begin(), loaded.listen.end(), listener) == loaded.listen.end();
      if (is_gone) changed.listeners.push_back(listener);
    }
    same->second = std::make_shared<const CallerPolicy>(std::move(changed));
  }
  return callers;
}

const std::vector<std::string>& CallableRpcs() {
  static const auto& rpcs = *new std::vector<std::string>{
      "StartLogin",      "CheckUser",     "WatchLogin",       "GetLogin",
      "CancelLogin",     "CompleteLogin", "AcknowledgeLogin", "ListLogins",
      "RegisterWebhook", "ListWebhooks",  "DeleteWebhook"};
  return rpcs;
}

}  // namespace cibad
