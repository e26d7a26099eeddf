// The one place that every call comes through, before any handler, health and reflection included:
// whoever is no caller of the config is turned away with UNAUTHENTICATED.

#ifndef CIBAD_SERVER_RPC_GATE_H_
#define CIBAD_SERVER_RPC_GATE_H_

#include <grpcpp/security/server_credentials.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/ops/caller_policy.h"
#include "server/rpc/tls_watch.h"

namespace cibad {

// Whom the gate lets in. Thread-safe.
class Doorkeeper {
 public:
  // Hears of whom the gate turned away at a listener, and of a name in the certificate that was
  // shown, if there was one; from a thread of gRPC's, and must be short.
  using OnDenied = std::function<void(const std::string& listener, const std::string& certificate,
                                      const absl::Status&)>;

  Doorkeeper(CallerPolicies policies, OnDenied on_denied) : on_denied_(std::move(on_denied)) {
    SetPolicies(std::move(policies));
  }

  void Denied(const std::string& listener, const std::string& certificate,
              const absl::Status& status) const {
    if (on_denied_) on_denied_(listener, certificate, status);
  }

  // From now on, for calls on open connections as well.
  void SetPolicies(CallerPolicies policies);
  std::shared_ptr<const CallerPolicies> policies() const;

 private:
  const OnDenied on_denied_;
  mutable std::mutex mutex_;
  std::shared_ptr<const CallerPolicies> policies_;  // under mutex_
};

// The credentials of one listener without TLS: a Unix socket, or a loopback address. Its peers are
// checked to be on this machine.
std::shared_ptr<grpc::ServerCredentials> PlaintextGate(const std::string& listener,
                                                       std::shared_ptr<const Doorkeeper> keeper);

// The credentials of one listener with TLS 1.2 or later. Client certificates are asked for, and
// verified where they are given, if the watch had an authority for them at this moment.
std::shared_ptr<grpc::ServerCredentials> TlsGate(const std::string& listener,
                                                 std::shared_ptr<const Doorkeeper> keeper,
                                                 std::shared_ptr<TlsWatch> watch);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_GATE_H_
