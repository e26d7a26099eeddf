#include "server/rpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "server/http/clock.h"
#include "server/ops/log.h"
#include "server/rpc/connection_table.h"
#include "server/rpc/listening_socket.h"

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
constexpr absl::string_view kUnixScheme = "unix:";

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

// What gRPC has once for the whole process.
void SetUpGrpc() {
  gpr_set_log_function(LogGrpc);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // Debian's abseil looks for deadlocks at each lock and unlock of gRPC's mutexes, and takes one
  // lock for all threads to do so.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

// All that gRPC bounds by itself; connections are the acceptor's business.
void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kLargestMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreamsOfAConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingPauseMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kMostEarlyPings);
  // Its part of every call is 300 bytes, and a message has a few hundred.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
}

size_t MostOpenFiles() {
  constexpr rlim_t kEnough = 1 << 20;  // where there is no limit
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kEnough;
  return std::min(limit.rlim_cur, kEnough);
}

// Hands a connection to gRPC, which serves it with the credentials of `builder`'s listener.
Acceptor::TakeConnection HandToGrpc(grpc::ServerBuilder& builder,
                                    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  using Type = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  const std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc_side =
      builder.experimental().AddExternalConnectionAcceptor(Type::FROM_FD, credentials);
  return [grpc_side](int descriptor) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.fd = descriptor;
    grpc_side->HandleNewConnection(&connection);
  };
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Listen(
    const std::vector<std::string>& addresses, size_t most_connections,
    const std::shared_ptr<Doorkeeper>& keeper, const std::shared_ptr<TlsWatch>& tls,
    LoginServiceImpl* service, std::function<void()> on_turned_away) {
  SetUpGrpc();
  grpc::ServerBuilder builder;
  SetLimits(builder);
  builder.RegisterService(service);
  std::vector<Acceptor::Door> doors;
  for (const std::string& address : addresses) {
    absl::StatusOr<std::vector<ListeningSocket>> sockets = ListeningSocket::Listen(address);
    if (!sockets.ok()) return sockets.status();
    const bool is_plain = tls == nullptr || absl::StartsWith(address, kUnixScheme);
    const auto take = HandToGrpc(
        builder, is_plain ? PlaintextGate(address, keeper) : TlsGate(address, keeper, tls));
    for (ListeningSocket& socket : *sockets) doors.push_back({std::move(socket), 1, take});
  }
  const size_t most_of_each = ConnectionsOfEach(most_connections, MostOpenFiles(), doors.size());
  for (Acceptor::Door& door : doors) door.most_connections = most_of_each;
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError("gRPC cannot start its server");
  auto listening = std::unique_ptr<RpcServer>(new RpcServer(
      service, keeper, std::move(server),
      std::make_unique<Acceptor>(std::move(doors), MonotonicClock(), std::move(on_turned_away))));
  listening->SetServing("", false);
  listening->SetServing(v1::LoginService::service_full_name(), false);
  listening->acceptor_->Start();
  return listening;
}

RpcServer::RpcServer(LoginServiceImpl* service, std::shared_ptr<Doorkeeper> keeper,
                     std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor)
    : service_(service),
      keeper_(std::move(keeper)),
      server_(std::move(server)),
      acceptor_(std::move(acceptor)) {}

RpcServer::~RpcServer() = default;

void RpcServer::SetServing(const std::string& service, bool is_serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, is_serving);
}

void RpcServer::Stop(absl::Duration limit) {
  acceptor_->Stop();
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
