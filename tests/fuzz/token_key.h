// The key of the targets that read ID tokens. It signs nothing outside of this folder.

#ifndef CIBAD_TESTS_FUZZ_TOKEN_KEY_H_
#define CIBAD_TESTS_FUZZ_TOKEN_KEY_H_

#include "absl/time/time.h"
#include "server/provider/id_token.h"

namespace cibad::fuzz {

inline constexpr char kPublicMembers[] =
    R"("kty":"EC","crv":"P-256","x":"UZhH-wKhyV3niLJEV9jfeJA8JJQ27RIRIxUSlhAnGpc",)"
    R"("y":"ryPseOcC3vRHgjrn5iXxeblPul3tiANn5uA3CbK-X0U")";
inline constexpr char kPrivateMember[] = R"("d":"9UtR1YTf8JcmloXIA2fT1a8CNRNtvJVPFyfd1rB3heY")";
inline constexpr char kKeyId[] = "public:1";

// What the tokens of the corpus have to say.
inline IdTokenExpectations Expected() {
  return {"https://api.example/access/", "client-1", "1c266114-a1be",
          "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", absl::FromUnixSeconds(1'788'000'000)};
}

inline constexpr char kHeader[] = R"({"alg":"ES256","kid":"public:1"})";
inline constexpr char kClaims[] =
    R"({"iss":"https://api.example/access/","aud":"client-1","sub":"c06c4afe",)"
    R"("exp":1788003600,"iat":1787999998})";

}  // namespace cibad::fuzz

#endif  // CIBAD_TESTS_FUZZ_TOKEN_KEY_H_
