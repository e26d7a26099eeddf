#include "tests/sandbox/id_token.h"

#include <openssl/sha.h>

#include <cassert>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/random_text.h"

namespace cibad {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::Duration kIdTokenLife = absl::Hours(1);
constexpr const char* kOtherClient = "another-client";
constexpr const char* kAuthReqIdUrn = "urn:openid:params:jwt:claim:auth_req_id";  // CIBA 10.3.1

int64_t Seconds(absl::Time time) { return absl::ToUnixSeconds(time); }

Json OrdinaryClaims(const IdTokenFacts& facts) {
  return {{"at_hash", AccessTokenHash(facts.access_token)},
          {"aud", Json::array({facts.client_id})},
          {"auth_time", Seconds(facts.issue_time)},
          {"exp", Seconds(facts.issue_time + kIdTokenLife)},
          {"iat", Seconds(facts.issue_time)},
          {"iss", facts.issuer},
          {"jti", RandomUuid()},
          {"msn", facts.msn},
          {"nonce", ""},
          {"rat", Seconds(facts.start_time)},
          {"sid", RandomUuid()},
          {"sub", facts.subject}};
}

// A week old in every way, but not expired: `iat` is the one thing wrong.
void AgeAWeek(const IdTokenFacts& facts, Json& claims) {
  const absl::Time then = facts.issue_time - absl::Hours(7 * 24);
  claims["iat"] = Seconds(then);
  claims["auth_time"] = Seconds(then);
  claims["rat"] = Seconds(then);
}

void Expire(const IdTokenFacts& facts, Json& claims) {
  claims["iat"] = Seconds(facts.issue_time - absl::Hours(2));
  claims["exp"] = Seconds(facts.issue_time - absl::Hours(1));
}

void SpoilIssuer(const IdTokenFacts& facts, IdTokenKind kind, Json& claims) {
  if (kind == IdTokenKind::kOtherIssuer) claims["iss"] = "https://issuer.example.com/";
  if (kind == IdTokenKind::kIssuerWithoutSlash) {
    claims["iss"] = std::string(absl::StripSuffix(facts.issuer, "/"));
  }
  if (kind == IdTokenKind::kNoIssuer) claims.erase("iss");
}

void SpoilAudience(const IdTokenFacts& facts, IdTokenKind kind, Json& claims) {
  const Json two_audiences = Json::array({facts.client_id, kOtherClient});
  switch (kind) {
    case IdTokenKind::kAudienceAsString:
      claims["aud"] = facts.client_id;
      break;
    case IdTokenKind::kOtherAudience:
      claims["aud"] = Json::array({kOtherClient});
      break;
    case IdTokenKind::kNoAudience:
      claims.erase("aud");
      break;
    case IdTokenKind::kAudiencesWithoutAuthorizedParty:
      claims["aud"] = two_audiences;
      break;
    case IdTokenKind::kAuthorizedParty:
      claims["aud"] = two_audiences;
      claims["azp"] = facts.client_id;
      break;
    case IdTokenKind::kOtherAuthorizedParty:
      claims["aud"] = two_audiences;
      claims["azp"] = kOtherClient;
      break;
    default:
      break;
  }
}

void SpoilTimes(const IdTokenFacts& facts, IdTokenKind kind, Json& claims) {
  if (kind == IdTokenKind::kExpired) Expire(facts, claims);
  if (kind == IdTokenKind::kNoExpiry) claims.erase("exp");
  if (kind == IdTokenKind::kIssuedAWeekAgo) AgeAWeek(facts, claims);
  if (kind == IdTokenKind::kIssuedInAnHour) {
    claims["iat"] = Seconds(facts.issue_time + absl::Hours(1));
    claims["exp"] = Seconds(facts.issue_time + absl::Hours(2));
  }
  if (kind == IdTokenKind::kNoIssueTime) claims.erase("iat");
}

void SpoilLogin(const IdTokenFacts& facts, IdTokenKind kind, Json& claims) {
  if (facts.on_web_page && kind != IdTokenKind::kWithoutAuthReqId) {
    claims["auth_req_id"] = facts.auth_req_id;
  }
  if (kind == IdTokenKind::kNoSubject) claims.erase("sub");
  if (kind == IdTokenKind::kOtherMsn) claims["msn"] = "999999";
  if (kind == IdTokenKind::kNoMsn) claims.erase("msn");
  if (kind == IdTokenKind::kRightAuthReqId) claims["auth_req_id"] = facts.auth_req_id;
  if (kind == IdTokenKind::kRightAuthReqIdUrn) claims[kAuthReqIdUrn] = facts.auth_req_id;
  if (kind == IdTokenKind::kOtherAuthReqId) claims["auth_req_id"] = RandomToken(24);
  if (kind == IdTokenKind::kOtherAuthReqIdUrn) claims[kAuthReqIdUrn] = RandomToken(24);
}

}  // namespace

std::string IdTokenClaims(const IdTokenFacts& facts, IdTokenKind kind) {
  Json claims = OrdinaryClaims(facts);
  SpoilIssuer(facts, kind, claims);
  SpoilAudience(facts, kind, claims);
  SpoilTimes(facts, kind, claims);
  SpoilLogin(facts, kind, claims);
  return claims.dump();
}

std::string AccessTokenHash(absl::string_view access_token) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(access_token.data()), access_token.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return absl::WebSafeBase64Escape(digest.substr(0, digest.size() / 2));
}

}  // namespace cibad
