// What the daemon tells the service manager (systemd, Type=notify): that it is ready, that it is
// stopping, and how it is; and what that tells the daemon. Started by anything else, it tells
// nobody.

#ifndef CIBAD_SERVER_OPS_SERVICE_MANAGER_H_
#define CIBAD_SERVER_OPS_SERVICE_MANAGER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cibad {

// Calls are answered: `systemctl start` returns.
void NotifyReady();
// The config is being read again; NotifyReady says that it has been.
void NotifyReloading();
// The daemon is ending in good order.
void NotifyStopping();
// The id of the machine's present run; empty: it cannot be found out. A unit that hides /proc says
// it with Environment=CIBAD_BOOT_ID=%b.
std::string BootId();

// One line for `systemctl status`. Line breaks become spaces.
void NotifyStatus(absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_SERVICE_MANAGER_H_
