#include "tests/sandbox/published.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sandbox/answer.h"

namespace cibad {
namespace {

constexpr std::array<std::pair<absl::string_view, Distortion>, 12> kFaultNames = {{
    {"fine", Distortion::kNone},
    {"member-missing", Distortion::kRequiredMemberMissing},
    {"wrong-value", Distortion::kWrongValue},
    {"member-twice", Distortion::kMemberTwice},
    {"not-json", Distortion::kNotJson},
    {"html-page", Distortion::kHtmlPage},
    {"empty", Distortion::kEmpty},
    {"array", Distortion::kArray},
    {"truncated", Distortion::kTruncated},
    {"not-utf8", Distortion::kNotUtf8},
    {"huge", Distortion::kHuge},
    {"deep", Distortion::kDeep},
}};

}  // namespace

Answer Published::AnswerOf(std::string json) const {
  Answer answer = JsonAnswer(200, std::move(json));
  answer.headers = {{"Content-Type", "application/json;charset=UTF-8"},
                    {"Cache-Control", absl::StrCat("max-age=", absl::ToInt64Seconds(max_age_))}};
  const std::lock_guard<std::mutex> lock(mutex_);
  return Spoil(std::move(answer), {.fault = {distortion_, member_, "42"}});
}

bool Published::SetFault(absl::string_view name) {
  for (const auto& [fault_name, distortion] : kFaultNames) {
    if (name != fault_name) continue;
    const std::lock_guard<std::mutex> lock(mutex_);
    distortion_ = distortion;
    return true;
  }
  return false;
}

}  // namespace cibad
