// A daemon that holds every kind of secret there is, each of them known to the test: so that it can
// be looked for wherever it must not be, and counted where it must.

#ifndef CIBAD_TESTS_INTEGRATION_EVERY_SECRET_H_
#define CIBAD_TESTS_INTEGRATION_EVERY_SECRET_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/till.h"
#include "tests/sandbox/certificates.h"
#include "tests/sandbox/sandbox_process.h"

namespace cibad {

// A text that is looked for.
struct Planted {
  std::string what;
  std::string text;
  // How often it may stand in the daemon's memory between two requests.
  int most_in_memory = 0;
};

class EverySecret {
 public:
  // The sandbox must outlive it.
  explicit EverySecret(SandboxProcess* sandbox);

  // Writes the files into the sandbox's folder, and a config that names them: a TLS address with
  // callers by certificate and by token, a webhook with two secrets and that fallback, and a store
  // with an old key. The log is at its most talkative, the metrics are served, and the audit trail
  // goes to `audit_file`; where that is empty, to the journal.
  void Plant(int ping_fallback_seconds, const std::string& audit_file = "");

  // Replaces every secret by another, in the files and the config; the old ones are named nowhere
  // any more. Takes effect at a reload. The sandbox knows nothing of it.
  void Rotate();

  // Finds where the daemon listens, and has the sandbox send its pings there.
  absl::Status Find(DaemonProcess& daemon);
  const std::string& tls_address() const { return tls_address_; }
  int metrics_port() const { return metrics_port_; }

  TillSecurity WithToken() const;
  TillSecurity WithCertificate() const;

  // The secrets, in each form that the wire or a file has them in.
  std::vector<Planted> All() const;

  static constexpr char kWebhookUrl[] = "https://tills.example.com/vipps/ping";

 private:
  std::string File(const std::string& name) const { return sandbox_->folder() + "/" + name; }
  void WriteSecret(const std::string& name, const std::string& text) const;
  void WriteFiles();
  void WriteConfig(const std::string& webhook_secrets, const std::string& old_store_keys) const;

  SandboxProcess* const sandbox_;
  const CertificateAuthority authority_{"the shop's CA"};
  std::string config_;  // as the sandbox wrote it, with what does not change added
  std::string client_secret_;
  std::string subscription_key_;
  std::string token_;  // a caller's
  std::string webhook_secret_;
  std::string old_webhook_secret_;
  std::string store_key_;  // base64, as in the file
  std::string old_store_key_;
  std::string tls_key_;  // PEM
  std::string tls_address_;
  int metrics_port_ = 0;
};

// Random text of that many bytes, in base64.
std::string RandomSecret(int bytes);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_EVERY_SECRET_H_
