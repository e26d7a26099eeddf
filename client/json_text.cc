#include "client/json_text.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

namespace cibad {

std::string MessageToJson(const google::protobuf::Message& message, bool with_defaults) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = with_defaults;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (status.ok()) return json;
  // A number that is none (NaN), or a time outside the years 1 to 9999: nothing that cibad sends.
  return ProblemToJson({"INTERNAL", "what the daemon sent cannot be written as JSON", "", 1});
}

std::string ProblemToJson(const Problem& problem) {
  nlohmann::ordered_json error;
  error["code"] = problem.code;
  error["message"] = problem.message;
  if (!problem.hint.empty()) error["hint"] = problem.hint;
  nlohmann::ordered_json json;
  json["error"] = std::move(error);
  // The daemon's words may hold anything: what is not UTF-8 is replaced rather than thrown over.
  return json.dump(-1, ' ', /*ensure_ascii=*/false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace cibad
