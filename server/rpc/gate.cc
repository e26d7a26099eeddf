#include "server/rpc/gate.h"

#include <grpc/grpc_security.h>
#include <grpc/slice.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "server/rpc/caller.h"

namespace cibad {
namespace {

absl::string_view Text(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// What gRPC is given with a listener's credentials.
class ListenerGate {
 public:
  // `watch`: null: the listener is not encrypted.
  ListenerGate(std::string listener, std::shared_ptr<const Doorkeeper> keeper,
               std::shared_ptr<TlsWatch> watch)
      : listener_(std::move(listener)), keeper_(std::move(keeper)), watch_(std::move(watch)) {}

  // Of each handshake, and once before the first: gRPC keeps what it was given until it gets more.
  grpc_ssl_certificate_config_reload_status ShowCertificate(
      grpc_ssl_server_certificate_config** config) {
    const TlsWatch::Shown shown = watch_->Look();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (shown.material == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    if (shown.version == shown_version_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const TlsMaterial& material = *shown.material;
    const grpc_ssl_pem_key_cert_pair pair = {material.key.Reveal().c_str(),
                                             material.certificate.c_str()};
    // gRPC aborts where there is no authority, also where it asks for no certificates (1.51); it
    // then verifies nothing, so anything that can be read will do.
    const std::string& authority =
        material.client_ca.empty() ? material.certificate : material.client_ca;
    *config = grpc_ssl_server_certificate_config_create(authority.c_str(), &pair, 1);
    shown_version_ = shown.version;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  absl::Status Admit(grpc_auth_context* connection, const grpc_metadata* headers, size_t count) {
    NameListener(connection);
    CallerProof proof;
    grpc_auth_property_iterator next = grpc_auth_context_property_iterator(connection);
    while (const grpc_auth_property* property = grpc_auth_property_iterator_next(&next))
      proof.Take(property->name, {property->value, property->value_length});
    for (size_t i = 0; i < count; ++i) {
      if (Text(headers[i].key) == "authorization")
        proof.authorization.push_back(Text(headers[i].value));
    }
    absl::Status status = Authenticate(proof, *keeper_->policies()).status();
    if (!status.ok()) keeper_->Denied(listener_, CertificateNameOf(proof), status);
    return status;
  }

 private:
  // The auth context is the connection's, and all its calls share it without a lock. So it is
  // written once, and nobody reads it before a call of its own has been here.
  void NameListener(grpc_auth_context* connection) {
    const std::lock_guard<std::mutex> lock(mutex_);
    grpc_auth_property_iterator named =
        grpc_auth_context_find_properties_by_name(connection, kListenerProperty);
    if (grpc_auth_property_iterator_next(&named) != nullptr) return;
    grpc_auth_context_add_property(connection, kListenerProperty, listener_.data(),
                                   listener_.size());
  }

  const std::string listener_;
  const std::shared_ptr<const Doorkeeper> keeper_;
  const std::shared_ptr<TlsWatch> watch_;
  std::mutex mutex_;
  uint64_t shown_version_ = 0;  // under mutex_
};

grpc_ssl_certificate_config_reload_status ShowCertificate(
    void* gate, grpc_ssl_server_certificate_config** config) {
  return static_cast<ListenerGate*>(gate)->ShowCertificate(config);
}

void AdmitCall(void* state, grpc_auth_context* connection, const grpc_metadata* headers,
               size_t count, grpc_process_auth_metadata_done_cb done, void* user_data) {
  const absl::Status status = static_cast<ListenerGate*>(state)->Admit(connection, headers, count);
  const std::string message(status.message());
  done(user_data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(status.code()),
       status.ok() ? nullptr : message.c_str());
}

void DeleteGate(void* state) { delete static_cast<ListenerGate*>(state); }

// Owns the credentials of gRPC's C interface; the C++ one can neither run a check without a thread
// of its own nor be given a certificate anew.
class GateCredentials final : public grpc::ServerCredentials {
 public:
  GateCredentials(grpc_server_credentials* credentials, std::unique_ptr<ListenerGate> gate)
      : credentials_(credentials) {
    grpc_server_credentials_set_auth_metadata_processor(credentials_,
                                                        {&AdmitCall, &DeleteGate, gate.release()});
  }
  ~GateCredentials() override { grpc_server_credentials_release(credentials_); }

  // The gate is the processor, and stays.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

}  // namespace

void Doorkeeper::SetPolicies(CallerPolicies policies) {
  auto shared = std::make_shared<const CallerPolicies>(std::move(policies));
  const std::lock_guard<std::mutex> lock(mutex_);
  policies_ = std::move(shared);
}

std::shared_ptr<const CallerPolicies> Doorkeeper::policies() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return policies_;
}

std::shared_ptr<grpc::ServerCredentials> PlaintextGate(const std::string& listener,
                                                       std::shared_ptr<const Doorkeeper> keeper) {
  const grpc_local_connect_type type = absl::StartsWith(listener, "unix:") ? UDS : LOCAL_TCP;
  return std::make_shared<GateCredentials>(
      grpc_local_server_credentials_create(type),
      std::make_unique<ListenerGate>(listener, std::move(keeper), nullptr));
}

std::shared_ptr<grpc::ServerCredentials> TlsGate(const std::string& listener,
                                                 std::shared_ptr<const Doorkeeper> keeper,
                                                 std::shared_ptr<TlsWatch> watch) {
  const grpc_ssl_client_certificate_request_type request =
      watch->asks_for_certificates() ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                     : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  auto gate = std::make_unique<ListenerGate>(listener, std::move(keeper), std::move(watch));
  grpc_ssl_server_credentials_options* options =
      grpc_ssl_server_credentials_create_options_using_config_fetcher(request, &ShowCertificate,
                                                                      gate.get());
  return std::make_shared<GateCredentials>(grpc_ssl_server_credentials_create_with_options(options),
                                           std::move(gate));
}

}  // namespace cibad
