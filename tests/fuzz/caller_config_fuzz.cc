// The [[caller]] sections of a config whose other sections are good. They are the operator's, but
// say who may do what: nothing may be allowed that is not written, and no two callers be taken for
// each other.

#include <toml++/toml.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/ops/caller_config.h"
#include "server/ops/certificate_name.h"
#include "server/ops/config_keys.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

constexpr char kPath[] = "/etc/cibad/cibad.toml";
constexpr char kPlantedToken[] = "s3cret-hunter2";

// What the other sections say: TLS, a Unix socket beside it, and two sales units.
const Config& OtherSections() {
  static const Config config = [] {
    Config made;
    made.listen = {"unix:/run/cibad.sock", "0.0.0.0:50051"};
    made.tls = TlsFiles{"server.pem", "server_key.pem", "client_ca.pem"};
    for (const char* msn : {"123456", "654321"}) {
      SalesUnit unit;
      unit.msn = msn;
      made.sales_units.push_back(unit);
    }
    return made;
  }();
  return config;
}

// All that only one caller can prove: each element once over all callers.
void RequireUnclaimed(const std::vector<std::string>& proofs, std::set<std::string>& claimed) {
  for (const std::string& proof : proofs)
    Require(claimed.insert(proof).second, "what proves one caller proves no other");
}

void CheckPolicy(const CallerPolicy& policy, std::set<std::string>& claimed) {
  Require(!policy.name.empty() && !absl::StrContains(policy.name, "/"), "a caller has a name");
  Require(policy.listeners.size() + policy.certificates.size() + policy.token_hashes.size() > 0,
          "somebody can be the caller");
  RequireUnclaimed(policy.listeners, claimed);
  RequireUnclaimed(policy.certificates, claimed);
  RequireUnclaimed(policy.token_hashes, claimed);
  for (const std::string& listener : policy.listeners)
    Require(listener == "unix:/run/cibad.sock", "an address that TLS is open on proves nobody");
  for (const std::string& pattern : policy.certificates)
    Require(CheckCertificatePattern(pattern).ok(), "a pattern can fit a name");
  for (const std::string& hash : policy.token_hashes)
    Require(hash.size() == 32, "a token's hash is a SHA-256");
  for (const std::string& msn : policy.sales_units)
    Require(msn == "*" || msn == "123456" || msn == "654321", "a sales unit is configured");
  Require(policy.starts_per_minute >= 1 && policy.pending_logins >= 1, "a share is positive");
}

// The callers, or null where the text is no TOML at all, of which the target `config` is.
std::unique_ptr<toml::table> Parsed(absl::string_view text) {
  try {
    return std::make_unique<toml::table>(toml::parse(std::string_view(text.data(), text.size())));
  } catch (const toml::parse_error&) {
    return nullptr;
  }
}

}  // namespace

void FuzzCallerConfig(absl::string_view input) {
  const std::unique_ptr<toml::table> root = Parsed(input);
  if (root == nullptr) return;
  ConfigReader reader(kPath);
  CheckKeys(reader, *root);
  const CallerPolicies callers = ReadCallers(reader, *root, OtherSections());
  if (!reader.status().ok()) {
    const absl::string_view message = reader.status().message();
    Require(absl::StartsWith(message, absl::StrCat(kPath, ":")), "a mistake is said with its line");
    Require(!absl::StrContains(message, "\n"), "a mistake is said in one line");
    Require(
        !absl::StrContains(message, "token_sha256: ") || !absl::StrContains(message, kPlantedToken),
        "a token in place of its hash is not said");
    return;
  }
  Require(!callers.empty(), "somebody can call");
  std::set<std::string> claimed;
  std::set<int> positions;
  for (const auto& [name, policy] : callers) {
    Require(name == policy->name && positions.insert(policy->position).second,
            "each caller is one of its own");
    CheckPolicy(*policy, claimed);
  }
}

}  // namespace cibad::fuzz
