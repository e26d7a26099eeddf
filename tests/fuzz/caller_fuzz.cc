// What a call brings along to prove who it is: the first line is the address that it came in by, or
// "tls"; each line behind it begins with what it is, `u` for a URI of the client certificate, `d`
// for a DNS name, `c` for a common name, `a` for an authorization header. A line ends with NUL, so
// that line breaks can be tried.

#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/ops/certificate_name.h"
#include "server/rpc/caller.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

constexpr char kSocket[] = "unix:/run/tills.sock";
constexpr char kToken[] = "till-token";

std::string Sha256Of(absl::string_view text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

// Two kinds of caller whose patterns overlap: what begins with "till-" is the first one's.
const CallerPolicies& Policies() {
  static const CallerPolicies policies = [] {
    CallerPolicy tills;
    tills.name = "tills";
    tills.position = 0;
    tills.listeners = {kSocket};
    tills.certificates = {"till-*.example.com", "spiffe://shop/till/*"};
    tills.token_hashes = {Sha256Of(kToken)};
    CallerPolicy back;
    back.name = "back";
    back.position = 1;
    back.certificates = {"*.example.com", "back-office"};
    return CallerPolicies{{back.name, std::make_shared<const CallerPolicy>(back)},
                          {tills.name, std::make_shared<const CallerPolicy>(tills)}};
  }();
  return policies;
}

CallerProof ProofOf(const std::vector<absl::string_view>& lines) {
  CallerProof proof;
  proof.listener = lines[0];
  proof.is_encrypted = lines[0] == "tls";
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const absl::string_view text = lines[i].substr(1);
    switch (lines[i][0]) {
      case 'u':
        proof.uris.push_back(text);
        break;
      case 'd':
        proof.dns_names.push_back(text);
        break;
      case 'c':
        proof.common_names.push_back(text);
        break;
      default:
        proof.authorization.push_back(text);
    }
  }
  return proof;
}

bool IsFor(const CallerPolicy& policy, absl::string_view name) {
  return std::any_of(
      policy.certificates.begin(), policy.certificates.end(),
      [&](const std::string& pattern) { return MatchesCertificateName(pattern, name); });
}

// Whom a certificate proves, in the words of the manual: the first name that may be one and that a
// policy is for, by the first policy in the file.
std::string ByCertificate(const CallerProof& proof) {
  CallerProof::Texts names = proof.uris;
  names.insert(names.end(), proof.dns_names.begin(), proof.dns_names.end());
  if (names.empty()) names = proof.common_names;
  for (const absl::string_view name : names) {
    if (!IsCertificateName(name)) continue;
    for (const char* policy : {"tills", "back"}) {
      if (IsFor(*Policies().at(policy), name)) return absl::StrCat(policy, "/", name);
    }
  }
  return "";
}

// Whom the call proves; empty: nobody.
std::string WhomItProves(const CallerProof& proof) {
  if (!proof.is_encrypted)
    return proof.listener == kSocket && proof.authorization.empty() ? "tills" : "";
  if (proof.authorization.empty()) return ByCertificate(proof);
  const absl::string_view header = proof.authorization[0];
  const bool is_token = proof.authorization.size() == 1 && header.size() > 7 &&
                        absl::EqualsIgnoreCase(header.substr(0, 7), "bearer ") &&
                        header.substr(7) == kToken;
  return is_token ? "tills" : "";
}

// What is said to whoever is nobody, whatever was sent.
const std::set<std::string>& Refusals() {
  static const auto refusals = [] {
    std::set<std::string> said;
    for (const char* sent : {"unix:/run/other.sock", "unix:/run/tills.sock|aBearer t", "tls",
                             "tls|dunknown", "tls|aBearer t", "tls|aBasic t", "tls|a1|a2"}) {
      const std::vector<absl::string_view> lines = absl::StrSplit(sent, '|');
      said.emplace(Authenticate(ProofOf(lines), Policies()).status().message());
    }
    return said;
  }();
  return refusals;
}

}  // namespace

void FuzzCaller(absl::string_view input) {
  const std::vector<absl::string_view> lines = absl::StrSplit(input, '\0');
  const CallerProof proof = ProofOf(lines);
  const absl::StatusOr<Caller> caller = Authenticate(proof, Policies());
  Require((caller.ok() ? caller->name : "") == WhomItProves(proof),
          "a caller is who it proves to be");
  if (caller.ok()) {
    Require(caller->name == caller->policy->name ||
                absl::StartsWith(caller->name, absl::StrCat(caller->policy->name, "/")),
            "a caller has the policy that its name says");
    return RequireLogText(caller->name, 512);
  }
  Require(caller.status().code() == absl::StatusCode::kUnauthenticated, "nobody is refused so");
  const std::string message(caller.status().message());
  RequireLogText(message, 256);
  Require(Refusals().count(message) == 1, "a refusal says nothing of what was sent");
}

}  // namespace cibad::fuzz
