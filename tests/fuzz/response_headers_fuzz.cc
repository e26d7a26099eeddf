// The headers of an answer, and the trace id of either.

#include <optional>
#include <string>

#include "server/provider/response_headers.h"
#include "server/provider/trace_id.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzResponseHeaders(absl::string_view input) {
  const HttpResponse response = AnswerOf(input);
  const absl::Duration fresh = FreshFor(response);
  Require(fresh >= absl::Minutes(1) && fresh <= absl::Hours(24), "kept for 1 min to 24 h");
  if (const std::optional<absl::Duration> retry = RetryAfter(response)) {
    Require(*retry >= absl::ZeroDuration() && *retry <= absl::Hours(24), "asked again in 24 h");
  }
  RequireLogText(FindTraceId(response, nullptr), 128);
  const std::string clean = CleanTraceId(input);
  Require(clean.size() <= 64, "a trace id is bounded");
  RequireLogText(clean, 64);
}

}  // namespace cibad::fuzz
