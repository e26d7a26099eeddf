// Who calls: what a call brings along to prove it, and the caller of the config that it proves. The
// same rules are applied before any handler runs (rpc/gate.h), and by the handlers to learn who it
// is; these need not look again for a header that the gate has refused. docs/operations.md tells
// them to operators under "Callers".

#ifndef CIBAD_SERVER_RPC_CALLER_H_
#define CIBAD_SERVER_RPC_CALLER_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ops/caller_policy.h"

namespace cibad {

// The property of a connection's auth context that names the address it came in by, as in
// listen.grpc. No peer can set it.
inline constexpr char kListenerProperty[] = "cibad_listener";

// What one call brings along. The views are into what gRPC holds while the call lives.
struct CallerProof {
  using Texts = absl::InlinedVector<absl::string_view, 1>;

  // Takes what a property of the connection's auth context says; most say nothing here.
  void Take(absl::string_view property, absl::string_view value);

  absl::string_view listener;
  bool is_encrypted = false;  // by TLS
  // Names in the client certificate, which gRPC has verified; none without one.
  Texts uris;
  Texts dns_names;
  Texts common_names;
  Texts authorization;  // the headers of that name, if they can matter
};

// The caller. UNAUTHENTICATED: none, with a message that tells a till's developer what to change
// and nothing of who is known here; it quotes nothing that was sent. Of a plaintext connection the
// listener decides; over TLS the bearer token where there is an `authorization` header, otherwise
// the certificate. Its names are tried in order, URIs, then DNS names, and the common name only
// where it has neither; of several policies that fit a name, the first one in the file is taken.
absl::StatusOr<Caller> Authenticate(const CallerProof& proof, const CallerPolicies& policies);

// The first name in the certificate that Authenticate looks for; empty: there is none.
std::string CertificateNameOf(const CallerProof& proof);

// The caller of a call that is being handled. UNAUTHENTICATED: it was removed from the policies
// since the call was let in.
absl::StatusOr<Caller> CallerOf(const grpc::CallbackServerContext& context,
                                const CallerPolicies& policies);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_CALLER_H_
