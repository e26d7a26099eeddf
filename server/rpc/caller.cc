#include "server/rpc/caller.h"

#include <grpc/grpc_security_constants.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/login/secret.h"
#include "server/ops/certificate_name.h"

namespace cibad {
namespace {

using Policy = std::shared_ptr<const CallerPolicy>;

absl::StatusOr<Caller> CallerByListener(const CallerProof& proof, const CallerPolicies& policies) {
  if (!proof.authorization.empty()) {
    return absl::UnauthenticatedError(
        "a bearer token is taken over TLS only, and this connection is not encrypted; leave the "
        "authorization header out, or connect to a TLS address");
  }
  for (const auto& [name, policy] : policies) {
    const auto& listeners = policy->listeners;
    if (std::find(listeners.begin(), listeners.end(), proof.listener) != listeners.end())
      return Caller{name, policy};
  }
  return absl::UnauthenticatedError(
      "nobody may call through this address; its operator allows it with the listeners of a "
      "[[caller]] section");
}

// All hashes are compared, and each to its end, so that the time taken tells nothing of them.
Policy FindToken(absl::string_view token, const CallerPolicies& policies) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  const absl::string_view shown(reinterpret_cast<const char*>(hash.data()), hash.size());
  Policy found;
  for (const auto& [name, policy] : policies) {
    for (const std::string& known : policy->token_hashes) {
      if (EqualInConstantTime(known, shown)) found = policy;
    }
  }
  OPENSSL_cleanse(hash.data(), hash.size());
  return found;
}

absl::StatusOr<Caller> CallerByToken(const CallerProof& proof, const CallerPolicies& policies) {
  constexpr absl::string_view kScheme = "Bearer ";
  if (proof.authorization.size() > 1)
    return absl::UnauthenticatedError("there is more than one authorization header; send one");
  const absl::string_view header = proof.authorization.front();
  if (!absl::StartsWithIgnoreCase(header, kScheme) || header.size() == kScheme.size()) {
    return absl::UnauthenticatedError(
        "the authorization header must be the word Bearer, one space and the token");
  }
  const Policy policy = FindToken(header.substr(kScheme.size()), policies);
  if (policy != nullptr) return Caller{policy->name, policy};
  return absl::UnauthenticatedError("the bearer token is not valid; ask the daemon's operator");
}

// The first policy in the file with a pattern for the name; null: none has.
Policy FindCertificate(absl::string_view name, const CallerPolicies& policies) {
  Policy first;
  for (const auto& [ignored, policy] : policies) {
    if (first != nullptr && first->position < policy->position) continue;
    const auto& patterns = policy->certificates;
    const bool fits = std::any_of(
        patterns.begin(), patterns.end(),
        [&](const std::string& pattern) { return MatchesCertificateName(pattern, name); });
    if (fits) first = policy;
  }
  return first;
}

// In the order in which they are tried.
CallerProof::Texts CertificateNames(const CallerProof& proof) {
  CallerProof::Texts names = proof.uris;
  names.insert(names.end(), proof.dns_names.begin(), proof.dns_names.end());
  return names.empty() ? proof.common_names : names;
}

absl::StatusOr<Caller> CallerByCertificate(const CallerProof& proof,
                                           const CallerPolicies& policies) {
  const CallerProof::Texts names = CertificateNames(proof);
  if (names.empty()) {
    return absl::UnauthenticatedError(
        "the call proves no caller; connect with a client certificate that has a name, or send the "
        "header authorization: Bearer TOKEN");
  }
  for (const absl::string_view name : names) {
    if (!IsCertificateName(name)) continue;
    const Policy policy = FindCertificate(name, policies);
    if (policy != nullptr) return Caller{absl::StrCat(policy->name, "/", name), policy};
  }
  return absl::UnauthenticatedError(
      "the client certificate has no name that may call; ask the daemon's operator");
}

}  // namespace

void CallerProof::Take(absl::string_view property, absl::string_view value) {
  if (property == kListenerProperty) listener = value;
  if (property == GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME)
    is_encrypted = value == GRPC_SSL_TRANSPORT_SECURITY_TYPE;
  if (property == GRPC_PEER_URI_PROPERTY_NAME) uris.push_back(value);
  if (property == GRPC_PEER_DNS_PROPERTY_NAME) dns_names.push_back(value);
  if (property == GRPC_X509_CN_PROPERTY_NAME) common_names.push_back(value);
}

std::string CertificateNameOf(const CallerProof& proof) {
  const CallerProof::Texts names = CertificateNames(proof);
  const auto first = std::find_if(names.begin(), names.end(), &IsCertificateName);
  return first == names.end() ? "" : std::string(*first);
}

absl::StatusOr<Caller> Authenticate(const CallerProof& proof, const CallerPolicies& policies) {
  if (!proof.is_encrypted) return CallerByListener(proof, policies);
  return proof.authorization.empty() ? CallerByCertificate(proof, policies)
                                     : CallerByToken(proof, policies);
}

absl::StatusOr<Caller> CallerOf(const grpc::CallbackServerContext& context,
                                const CallerPolicies& policies) {
  const std::shared_ptr<const grpc::AuthContext> connection = context.auth_context();
  CallerProof proof;
  for (auto property = connection->begin(); property != connection->end(); ++property) {
    const auto [name, value] = *property;
    proof.Take({name.data(), name.size()}, {value.data(), value.size()});
  }
  // Without TLS the gate has let none through that has the header.
  if (proof.is_encrypted) {
    const auto headers = context.client_metadata().equal_range("authorization");
    for (auto header = headers.first; header != headers.second; ++header)
      proof.authorization.emplace_back(header->second.data(), header->second.size());
  }
  return Authenticate(proof, policies);
}

}  // namespace cibad
