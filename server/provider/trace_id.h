// The id under which the vendor's support finds a request again. It is for the operator's log, and
// stays whole there.

#ifndef CIBAD_SERVER_PROVIDER_TRACE_ID_H_
#define CIBAD_SERVER_PROVIDER_TRACE_ID_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad {

// The trace id of an answer, behind its name: "traceId 4bf92f35". From `body`, the answer's own
// where it is a JSON object (null: it is none), as Vipps' problems (RFC 7807) have it there, or
// else from a header that gateways usually set. Empty: there is none.
std::string FindTraceId(const HttpResponse& response, const nlohmann::json* body);

// Keeps letters, digits, `-`, `:` and `.`, at most 64 of them. Digits that may be a phone number (8
// to 15 in a row, and no part of a hexadecimal id) become `*`.
std::string CleanTraceId(absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_TRACE_ID_H_
