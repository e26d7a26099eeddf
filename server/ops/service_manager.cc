#include "server/ops/service_manager.h"

#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>

#include <array>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cibad {
namespace {

// Failing is not worth a word: a service manager that cannot be told acts by itself, on its
// timeouts.
void Notify(const std::string& state) { sd_notify(/*unset_environment=*/0, state.c_str()); }

}  // namespace

void NotifyReady() { Notify("READY=1"); }

void NotifyReloading() { Notify("RELOADING=1"); }

void NotifyStopping() { Notify("STOPPING=1"); }

std::string BootId() {
  if (const char* id = std::getenv("CIBAD_BOOT_ID"); id != nullptr) return id;
  sd_id128_t id{};
  if (sd_id128_get_boot(&id) != 0) return "";
  std::array<char, SD_ID128_STRING_MAX> text{};
  return sd_id128_to_string(id, text.data());
}

void NotifyStatus(absl::string_view text) {
  // A line break would start another assignment, READY=1 say.
  Notify(absl::StrCat("STATUS=", absl::StrReplaceAll(text, {{"\n", " "}})));
}

}  // namespace cibad
