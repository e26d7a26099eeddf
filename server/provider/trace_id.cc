#include "server/provider/trace_id.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/provider/strict_json.h"

namespace cibad {
namespace {

bool IsTraceDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsHexDigit(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }
bool IsTraceSeparator(char c) { return c == '-' || c == ':' || c == '.'; }

// 8-4-4-4-12 hexadecimal digits (RFC 9562 4), which may happen to be decimal.
bool IsUuid(absl::string_view text) {
  constexpr absl::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == kForm.size() &&
         std::equal(text.begin(), text.end(), kForm.begin(),
                    [](char c, char form) { return form == 'x' ? IsHexDigit(c) : c == form; });
}

// The longest phone number has 15 digits (E.164); a span id (W3C Trace Context) has 16.
bool IsPhoneNumberLong(ptrdiff_t digits) { return digits >= 8 && digits <= 15; }

using Iterator = std::string::iterator;

void MaskRuns(Iterator begin, Iterator end) {
  while (begin != end) {
    const Iterator run_end = std::find_if_not(begin, end, IsTraceDigit);
    if (IsPhoneNumberLong(run_end - begin)) std::fill(begin, run_end, '*');
    begin = std::find_if(run_end, end, IsTraceDigit);
  }
}

void MaskPhoneNumbers(std::string& id) {
  const bool has_letter = std::any_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalpha(static_cast<unsigned char>(c));
  });
  if (!has_letter && IsPhoneNumberLong(std::count_if(id.begin(), id.end(), IsTraceDigit))) {
    std::replace_if(id.begin(), id.end(), IsTraceDigit, '*');  // 912-34-567
  }
  for (Iterator begin = id.begin(); begin != id.end();) {
    const Iterator end = std::find_if(begin, id.end(), IsTraceSeparator);
    const bool is_hexadecimal =
        std::all_of(begin, end, IsHexDigit) && !std::all_of(begin, end, IsTraceDigit);
    if (!is_hexadecimal) MaskRuns(begin, end);
    begin = end == id.end() ? end : end + 1;
  }
}

// What a body calls it: Vipps' `traceId`, or the `instance` of a problem (RFC 7807 3.1) where that
// is a name and no path.
std::string TraceIdInBody(const nlohmann::json& body) {
  if (std::string id = CleanTraceId(TextOf(body, "traceId")); !id.empty()) {
    return absl::StrCat("traceId ", id);
  }
  const std::string instance = TextOf(body, "instance");
  if (!absl::StartsWithIgnoreCase(instance, "urn:")) return "";
  return absl::StrCat("instance ", CleanTraceId(instance));
}

}  // namespace

std::string CleanTraceId(absl::string_view text) {
  constexpr size_t kMaxTraceIdBytes = 64;
  std::string clean;
  for (const char c : text) {
    if (clean.size() == kMaxTraceIdBytes) break;
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || IsTraceSeparator(c)) {
      clean.push_back(c);
    }
  }
  absl::string_view id = clean;
  const size_t colon = id.rfind(':');  // urn:uuid:…
  if (colon != absl::string_view::npos) id.remove_prefix(colon + 1);
  if (!IsUuid(id)) MaskPhoneNumbers(clean);
  return clean;
}

std::string FindTraceId(const HttpResponse& response, const nlohmann::json* body) {
  std::string in_body = body == nullptr ? "" : TraceIdInBody(*body);
  if (!in_body.empty()) return in_body;
  for (const char* header : {"traceparent", "x-request-id", "x-correlation-id", "request-id"}) {
    if (std::string id = CleanTraceId(response.headers.Find(header)); !id.empty()) {
      return absl::StrCat(header, " ", id);
    }
  }
  return "";
}

}  // namespace cibad
