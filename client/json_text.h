// What `--json` prints. Logins are in protobuf's own JSON mapping with the field names of the
// .proto, so that a script, a generated client and the API's documentation speak of the same
// things.

#ifndef CIBAD_CLIENT_JSON_TEXT_H_
#define CIBAD_CLIENT_JSON_TEXT_H_

#include <string>

#include "client/problem.h"

namespace google::protobuf {
class Message;
}

namespace cibad {

// The message as one line of JSON; control characters are escaped. `with_defaults`: also what is
// false, zero or empty.
std::string MessageToJson(const google::protobuf::Message& message, bool with_defaults = false);

// {"error":{"code":"UNAVAILABLE","message":"…","hint":"…"}} as one line; `hint` only where there is
// one.
std::string ProblemToJson(const Problem& problem);

}  // namespace cibad

#endif  // CIBAD_CLIENT_JSON_TEXT_H_
