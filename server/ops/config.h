// The daemon's configuration: one TOML file and the files that it names. A mistake in it is found
// at start, all of it is looked at, and the operator reads one line that says where it is, what is
// wrong and what to do. Secrets come from files of their own, so that the config can be shown,
// copied and kept in version control.

#ifndef CIBAD_SERVER_OPS_CONFIG_H_
#define CIBAD_SERVER_OPS_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ops/caller_policy.h"
#include "server/ops/log.h"
#include "server/ops/tls_files.h"
#include "server/provider/sales_unit.h"
#include "server/store/sealing_key.h"

namespace cibad {

struct Config {
  std::vector<std::string> listen;  // as gRPC takes them: unix:/absolute/path, HOST:50051
  std::optional<TlsFiles> tls;      // absent: no TCP address is encrypted, and all are loopback
  std::string metrics_address;      // where metrics are fetched: 127.0.0.1:9464; empty: nowhere
  std::string webhook_address;      // where pings come to; empty: no sales unit has any
  std::string issuer;               // exactly as configured: it is compared with the tokens' `iss`
  std::string ca_file;              // PEM; empty: the system's CAs
  std::string proxy;                // URL; empty: none
  std::vector<SalesUnit> sales_units;
  CallerPolicies callers;
  std::string store_path;
  StoreKeys store_keys;
  int keep_ended_minutes = 15;
  LogLevel log_level = LogLevel::kInfo;
  int workers = 0;               // 0: one per core
  int pending_logins = 200'000;  // more are refused, as are streams
  int watch_streams = 50'000;
  int connections = 10'000;   // at each address of `listen`
  int starts_per_number = 5;  // over all callers, in so many minutes
  int starts_per_number_minutes = 10;
  std::string audit_file;  // empty: the journal
};

// Reads the file and every file that it names. Relative paths start at the config's folder;
// `${CREDENTIALS_DIRECTORY}/` in front of a secret's or a key's file is where systemd puts
// credentials. store.key_file alone may be missing: it is made with the store. INVALID_ARGUMENT,
// for whatever is wrong: one line, `FILE:LINE: KEY: what is wrong and what to do`, without LINE or
// KEY where there is none. It never quotes a secret.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Every key there is, as `section.key`, in the order of the documentation.
std::vector<std::string> ConfigKeys();

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CONFIG_H_
