// The records of schema version 1, which were JSON in the clear; read to take a store of that
// version up, and never written.

#ifndef CIBAD_SERVER_STORE_JSON_RECORD_H_
#define CIBAD_SERVER_STORE_JSON_RECORD_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/login/login.h"

namespace cibad {

// The login kept under `id`. DATA_LOSS: the text is no record of that login; the message names the
// id only.
absl::StatusOr<Login> DecodeJsonRecord(absl::string_view id, absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_JSON_RECORD_H_
