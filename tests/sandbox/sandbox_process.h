// The sandbox provider as a test uses it: a real cibad-sandbox in a folder of its own, on a port of
// its own, ready to be spoken to, and gone with the test.

#ifndef CIBAD_TESTS_SANDBOX_SANDBOX_PROCESS_H_
#define CIBAD_TESTS_SANDBOX_SANDBOX_PROCESS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sandbox/child_process.h"

namespace cibad {

struct SandboxSettings {
  int interval_seconds = 1;  // the shortest, so that tests are quick
  int expires_in_seconds = 600;
  std::string auth_method = "basic";            // basic, post, any or partner
  int token_life_seconds = 3600;                // of a partner's access tokens
  int max_age_seconds = 3600;                   // of discovery and JWKS
  std::vector<std::string> redirect_uris = {};  // registered; none: any https URL
};

// Not thread-safe.
class SandboxProcess {
 public:
  // Starts a sandbox in a new temporary folder and waits until it is ready.
  static absl::StatusOr<std::unique_ptr<SandboxProcess>> Start(
      const SandboxSettings& settings = {});

  // Ends the sandbox and removes its folder.
  ~SandboxProcess();
  SandboxProcess(const SandboxProcess&) = delete;
  SandboxProcess& operator=(const SandboxProcess&) = delete;

  // The folder holds cibad.toml, ca.pem and client_secret; the daemon's socket and database belong
  // there, too.
  const std::string& folder() const { return folder_; }
  std::string config_path() const { return folder_ + "/cibad.toml"; }
  std::string ca_file() const { return folder_ + "/ca.pem"; }
  int port() const { return port_; }
  std::string url() const;     // https://localhost:PORT
  std::string issuer() const;  // with its final slash

  // The customer's decision, for numbers that are decided by hand: of all logins of the number that
  // wait, or of the next if none is under way yet.
  absl::Status Approve(absl::string_view msisdn);
  absl::Status Deny(absl::string_view msisdn);
  absl::Status ApproveAll();  // that wait now

  // The access tokens that clients have got for themselves.
  absl::StatusOr<std::vector<std::string>> AccessTokens() const;
  // Ends the access tokens of partners before their time.
  absl::Status RevokeAccessTokens();

  // From now on discovery and JWKS have this fault; README.md has the names. "fine" is none.
  absl::Status SpoilDiscovery(absl::string_view fault);
  absl::Status SpoilJwks(absl::string_view fault);

  // The list of test numbers: a line a number, which begins with a plus.
  absl::StatusOr<std::string> NumbersText() const;
  // Where the browser of the number's newest login on a web page goes: the redirect_uri with its
  // query. INTERNAL: nowhere yet.
  absl::StatusOr<std::string> Redirect(absl::string_view msisdn) const;

  // Registers a webhook for the first sales unit's pings; gives its secret.
  absl::StatusOr<std::string> RegisterWebhook(absl::string_view registered_url) const;
  // Where pings are delivered to by plain HTTP, as HOST:PORT, in place of the registered URL.
  absl::Status DeliverPingsTo(absl::string_view address) const;
  // How: signed, repeated, wrong-signature or none.
  absl::Status SetPings(absl::string_view mode) const;
  // What became of the pings: accepted, refused, failed.
  absl::StatusOr<std::map<std::string, int64_t>> PingCounts() const;

  // What clients did wrong, by name, `total` among them; and what happened. README.md has the
  // names.
  absl::StatusOr<std::map<std::string, int64_t>> Violations() const;
  absl::StatusOr<std::map<std::string, int64_t>> Totals() const;

  // How often each phone number's customer was asked.
  absl::StatusOr<std::map<std::string, int64_t>> BackchannelRequestsByPhone() const;

  // All that /sandbox/logins tells, as JSON.
  absl::StatusOr<std::string> LoginsJson() const;

  // The provider goes down, and comes back on the same port with the same keys and logins.
  absl::Status Stop();
  absl::Status Restart();

  // The provider dies: Restart brings one that has forgotten all logins.
  absl::Status Kill();

 private:
  SandboxProcess(std::string folder, SandboxSettings settings);
  absl::Status Run();
  absl::StatusOr<std::string> Get(absl::string_view path) const;
  absl::Status Post(absl::string_view path) const;

  const std::string folder_;
  const SandboxSettings settings_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_SANDBOX_PROCESS_H_
