// The claims of a customer.

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "server/provider/answers.h"
#include "server/provider/text_rules.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzUserinfo(absl::string_view input) {
  HttpResponse response;
  response.status = 200;
  response.body = std::string(input);
  const Outcome<Profile> outcome = ReadUserinfoAnswer(response);
  if (const auto* invalid = std::get_if<InvalidAnswer>(&outcome)) {
    RequireLogText(invalid->detail, 1024);
  }
  const auto* profile = std::get_if<Profile>(&outcome);
  if (profile == nullptr) return;
  Require(IsSubject(profile->subject), "a profile has a subject");
  Require(profile->addresses.size() <= 3, "a profile has three addresses at most");
  Require(profile->phone_number.empty() || absl::StartsWith(profile->phone_number, "+"),
          "a phone number begins with +");
  if (profile->other_claims_json.empty()) return;
  const auto others = nlohmann::json::parse(profile->other_claims_json, nullptr,
                                            /*allow_exceptions=*/false);
  Require(others.is_object() && !others.empty(), "the other claims are a JSON object");
}

}  // namespace cibad::fuzz
