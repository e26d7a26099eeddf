// The store of a daemon that is dead, as it lies on the disk: what survived is known only there. It
// is copied, so that the next daemon can begin while the test reads.

#ifndef CIBAD_TESTS_INTEGRATION_DEAD_STORE_H_
#define CIBAD_TESTS_INTEGRATION_DEAD_STORE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace cibad {

// Copies the database of the sandbox's `folder`, and its key, to the folder `copy`, which is made.
absl::Status CopyDeadStore(const std::string& folder, const std::string& copy);

// Opens what CopyDeadStore copied.
absl::StatusOr<std::unique_ptr<Store>> OpenDeadStore(const std::string& copy);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_DEAD_STORE_H_
