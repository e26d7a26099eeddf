// JSON, as everything from the provider is read.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "server/provider/strict_json.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

int DepthOf(const nlohmann::json& value) {
  int deepest = 0;
  if (value.is_structured()) {
    for (const auto& member : value) deepest = std::max(deepest, DepthOf(member));
  }
  return value.is_structured() ? deepest + 1 : 0;
}

}  // namespace

void FuzzStrictJson(absl::string_view input) {
  const absl::StatusOr<nlohmann::json> object = ParseJsonObject(input);
  if (!object.ok()) return RequireLogText(object.status().message(), 256);
  Require(object->is_object(), "it is an object");
  Require(DepthOf(*object) <= kMaxJsonDepth, "it is not too deep");
  // dump() throws where a text is not UTF-8.
  const absl::StatusOr<nlohmann::json> again = ParseJsonObject(object->dump());
  Require(again.ok() ? *again == *object : input.size() > kMaxJsonBytes / 8,
          "what was read reads the same again");
}

}  // namespace cibad::fuzz
