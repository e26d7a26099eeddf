#include "server/rpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

// The largest request has a few hundred bytes.
constexpr int kLargestMessageBytes = 64 * 1024;
constexpr int kLargestMetadataBytes = 16 * 1024;
// A program that serves many tills may watch all of its logins over one connection.
constexpr int kMostStreamsOfAConnection = 10'000;
constexpr int kHandshakeMs = 10'000;
// A client's keepalive pings that come sooner are counted, and one more than this ends the
// connection.
constexpr int kPingPauseMs = 30'000;
constexpr int kMostEarlyPings = 2;
constexpr absl::string_view kUnixPrefix = "unix:";

// Strangers can cause warnings, one with each handshake that fails: more than this many in a second
// are dropped.
bool MayWarn() {
  constexpr int kMostWarnings = 10;
  static std::atomic<int64_t> second = 0;
  static std::atomic<int> warnings = 0;
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  if (second.exchange(now) != now) warnings = 0;
  return warnings.fetch_add(1) < kMostWarnings;
}

// gRPC's own words, in the daemon's one log.
void LogGrpc(gpr_log_func_args* args) {
  const LogLevel level =
      args->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug;
  if (level == LogLevel::kWarning && !MayWarn()) return;
  Log(level, "gRPC", {{"detail", args->message}});
}

// The address as it is: with the port that the system chose where 0 was asked for.
std::string AddressWithPort(const std::string& address, int port) {
  if (absl::StartsWith(address, kUnixPrefix)) return address;
  return absl::StrCat(address.substr(0, address.rfind(':') + 1), port);
}

absl::Status OpenToGroup(absl::string_view address) {
  if (!absl::ConsumePrefix(&address, kUnixPrefix)) return absl::OkStatus();
  const std::string path(address);
  if (chmod(path.c_str(), 0660) == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot set the mode of ", path, ": ", strerror(errno)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Listen(
    const std::vector<std::string>& addresses, const std::shared_ptr<Doorkeeper>& keeper,
    const std::shared_ptr<TlsWatch>& tls, LoginServiceImpl* service) {
  gpr_set_log_function(LogGrpc);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kLargestMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreamsOfAConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingPauseMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kMostEarlyPings);
  // Its part of every call is 300 bytes, and a message has a few hundred.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  // Two daemons on one port would share its callers between them.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(service);
  std::vector<int> ports(addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) {
    const bool is_plain = tls == nullptr || absl::StartsWith(addresses[i], kUnixPrefix);
    builder.AddListeningPort(
        addresses[i],
        is_plain ? PlaintextGate(addresses[i], keeper) : TlsGate(addresses[i], keeper, tls),
        &ports[i]);
  }
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::vector<std::string> bound;
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (server == nullptr || ports[i] == 0) {
      if (server != nullptr) server->Shutdown();
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", addresses[i],
                       ": is another daemon using it, or may this user not create it?"));
    }
    if (absl::Status status = OpenToGroup(addresses[i]); !status.ok()) return status;
    bound.push_back(AddressWithPort(addresses[i], ports[i]));
  }
  auto listening = std::unique_ptr<RpcServer>(
      new RpcServer(service, keeper, std::move(server), std::move(bound)));
  listening->SetServing("", false);
  listening->SetServing(v1::LoginService::service_full_name(), false);
  return listening;
}

RpcServer::RpcServer(LoginServiceImpl* service, std::shared_ptr<Doorkeeper> keeper,
                     std::unique_ptr<grpc::Server> server, std::vector<std::string> addresses)
    : service_(service),
      keeper_(std::move(keeper)),
      server_(std::move(server)),
      addresses_(std::move(addresses)) {}

RpcServer::~RpcServer() = default;

void RpcServer::SetServing(const std::string& service, bool is_serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, is_serving);
}

void RpcServer::Stop(absl::Duration limit) {
  server_->GetHealthCheckService()->SetServingStatus(false);  // of every service
  // The connections are told to go away (HTTP/2 GOAWAY) before the streams end, on a thread because
  // Shutdown waits for the streams: a till that watches again at once then does so over a new
  // connection. gRPC drops a call that still comes over the old one, as CANCELLED.
  std::thread shutdown(
      [this, limit] { server_->Shutdown(absl::ToChronoTime(absl::Now() + limit)); });
  service_->EndStreams();
  shutdown.join();
  server_->Wait();
}

}  // namespace cibad
