// The database's schema, as the steps that brought it here: a file of any earlier version is taken
// up to the present one, step by step.

#ifndef CIBAD_SERVER_STORE_SCHEMA_H_
#define CIBAD_SERVER_STORE_SCHEMA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/store/database.h"
#include "server/store/sealer.h"

namespace cibad {

// The version that this code reads and writes; SQLite keeps it as `user_version`.
inline constexpr int64_t kSchemaVersion = 4;
// The first version whose records are sealed.
inline constexpr int64_t kFirstSealedVersion = 2;

// Takes a database of that version one version up, within the caller's transaction. `version` is 0
// (empty) to kSchemaVersion - 1.
absl::Status MigrateOneStep(Database& database, int64_t version, const Sealer& sealer);

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_SCHEMA_H_
