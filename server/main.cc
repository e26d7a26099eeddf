// cibad: builds the parts from the config, and runs them until SIGTERM; SIGHUP has them go on with
// a changed config.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/engine/engine.h"
#include "server/engine/ping_receiver.h"
#include "server/http/clock.h"
#include "server/http/http_listener.h"
#include "server/ops/audit.h"
#include "server/ops/caller_config.h"
#include "server/ops/code_pages.h"
#include "server/ops/config.h"
#include "server/ops/free_memory.h"
#include "server/ops/hardening.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "server/ops/scheduling.h"
#include "server/ops/service_manager.h"
#include "server/ops/signals.h"
#include "server/rpc/gate.h"
#include "server/rpc/health.h"
#include "server/rpc/login_service.h"
#include "server/rpc/server.h"
#include "server/rpc/tls_watch.h"
#include "server/store/sqlite_store.h"

namespace cibad {
namespace {

// Exit codes, as in sysexits.h.
constexpr int kUsage = 64;
constexpr int kUnavailable = 69;
constexpr int kConfigWrong = 78;

// For calls that are under way when the daemon stops.
constexpr absl::Duration kCallLimit = absl::Seconds(3);

// Between two looks at whether there is memory to be given back.
constexpr absl::Duration kMemoryInterval = absl::Seconds(5);

int Fail(int exit_code, const absl::Status& status) {
  std::cerr << "cibad: " << status.message() << "\n";
  return exit_code;
}

SalesUnits ByMsn(const std::vector<SalesUnit>& units) {
  SalesUnits by_msn;
  for (const SalesUnit& unit : units) by_msn.emplace(unit.msn, unit);
  return by_msn;
}

// Of the config that reloads are compared with. The parts have their own; what a reload replaces
// would otherwise outlive its use here.
void ForgetSecrets(Config& config) {
  config.sales_units.clear();
  config.store_keys = {};
}

Engine::Options EngineOptions(const Config& config) {
  Engine::Options options;
  options.issuer = config.issuer;
  options.user_agent = "cibad/" CIBAD_VERSION;
  options.workers = config.workers;
  return options;
}

Engine::Settings EngineSettings(const Config& config) {
  Engine::Settings settings;
  settings.sales_units = ByMsn(config.sales_units);
  settings.ca_file = config.ca_file;
  settings.proxy = config.proxy;
  settings.most_unfinished_logins = static_cast<size_t>(config.pending_logins);
  settings.number_limits = {config.starts_per_number,
                            absl::Minutes(config.starts_per_number_minutes)};
  settings.keep_ended = absl::Minutes(config.keep_ended_minutes);
  return settings;
}

LoginServiceImpl::Settings ServiceSettings(const Config& config, CallerPolicies callers) {
  return {ByMsn(config.sales_units), std::move(callers), static_cast<size_t>(config.watch_streams)};
}

// The keys that differ and that only a restart can change, in words; empty: none.
std::string NeedsRestart(const Config& running, const Config& loaded) {
  std::vector<std::string> keys;
  if (loaded.listen != running.listen) keys.emplace_back("listen.grpc");
  // gRPC is told once whether a listener is encrypted, and whether it asks for certificates.
  const bool same_tls = loaded.tls.has_value() == running.tls.has_value() &&
                        (!loaded.tls.has_value() ||
                         loaded.tls->client_ca_file.empty() == running.tls->client_ca_file.empty());
  if (!same_tls) keys.emplace_back("tls");
  if (loaded.metrics_address != running.metrics_address) keys.emplace_back("listen.metrics");
  if (loaded.webhook_address != running.webhook_address) keys.emplace_back("listen.webhook");
  if (loaded.store_path != running.store_path) keys.emplace_back("store.path");
  if (loaded.audit_file != running.audit_file) keys.emplace_back("audit.file");
  if (loaded.workers != running.workers) keys.emplace_back("engine.workers");
  if (loaded.connections != running.connections) keys.emplace_back("limits.connections");
  return absl::StrJoin(keys, ", ");
}

// The sales units' credentials go with the issuer, and the logins under way with both.
absl::Status CheckIssuerStays(const std::string& config_file, const Config& running,
                              const Config& loaded) {
  if (loaded.issuer == running.issuer) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      config_file, ": provider.issuer: cannot change while cibad runs; restart it to change it"));
}

// Null where nothing is encrypted.
absl::StatusOr<std::shared_ptr<TlsWatch>> WatchTls(const Config& config) {
  if (!config.tls.has_value()) return nullptr;
  auto watch = std::make_shared<TlsWatch>(*config.tls);
  if (absl::Status status = watch->SetFiles(*config.tls); !status.ok()) return status;
  return watch;
}

// Null where no sales unit has pings.
absl::StatusOr<std::unique_ptr<HttpListener>> ListenForPings(const Config& config,
                                                             PingReceiver& pings) {
  if (config.webhook_address.empty()) return nullptr;
  HttpListenerOptions options;
  options.address = config.webhook_address;
  HttpHandler handler;
  handler.method = "POST";
  handler.path = "/";
  handler.admit = [&pings](const ServerRequest& request) { return pings.Admit(request); };
  handler.answer = [&pings](const ServerRequest& request) { return pings.Answer(request); };
  return HttpListener::Listen(options, {std::move(handler)});
}

// Answers GET /metrics from now on; null where the config names no address for it.
absl::StatusOr<std::unique_ptr<HttpListener>> ServeMetrics(
    const Config& config, std::function<std::string()> metrics_text) {
  if (config.metrics_address.empty()) return nullptr;
  HttpListenerOptions options;
  options.address = config.metrics_address;
  options.threads = 1;
  HttpHandler handler;
  handler.method = "GET";
  handler.path = "/metrics";
  handler.answer = [metrics_text = std::move(metrics_text)](const ServerRequest&) {
    return ServerResponse{.content_type = kMetricsContentType, .body = metrics_text()};
  };
  auto listener = HttpListener::Listen(options, {std::move(handler)});
  if (listener.ok()) Log(LogLevel::kInfo, "Serving metrics", {{"address", (*listener)->address()}});
  return listener;
}

// The parts, in the order in which they are made; each may use those before it.
class Daemon {
 public:
  // `config` must outlive it.
  explicit Daemon(const Config& config) : config_(config) {
    health_.SetSalesUnits(ByMsn(config.sales_units));
  }

  // Makes the parts and begins to serve. `tls`: null where nothing is encrypted.
  absl::Status Start(std::shared_ptr<TlsWatch> tls);

  // Reads the config again and goes on with it, without dropping a login or a stream. Where it is
  // wrong, nothing changes.
  void Reload(const std::string& config_file);

  // Takes no more calls, ends the streams, and lets what is under way finish.
  void Stop();

 private:
  absl::Status OpenStore();
  absl::Status StartEngine();
  absl::Status Listen();
  absl::Status ListenForOthers();
  std::string MetricsText();
  // The config from the file, heeded by the parts that can refuse it.
  absl::StatusOr<Config> LoadAgain(const std::string& config_file);

  const Config& config_;
  Health health_;  // outlives whoever tells it
  Metrics metrics_;
  std::unique_ptr<SqliteStore> store_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LoginServiceImpl> service_;
  std::shared_ptr<TlsWatch> tls_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<HttpListener> metrics_listener_;
  std::unique_ptr<PingReceiver> pings_;
  std::unique_ptr<HttpListener> webhook_;
};

absl::Status Daemon::Start(std::shared_ptr<TlsWatch> tls) {
  tls_ = std::move(tls);
  if (absl::Status status = OpenStore(); !status.ok()) return status;
  if (absl::Status status = StartEngine(); !status.ok()) return status;
  if (absl::Status status = Listen(); !status.ok()) return status;
  if (absl::Status status = ListenForOthers(); !status.ok()) return status;
  health_.Tell(server_.get());
  engine_->Start();
  for (const std::string& address : server_->addresses()) {
    Log(LogLevel::kInfo, "Listening", {{"address", address}});
  }
  if (webhook_ != nullptr)
    Log(LogLevel::kInfo, "Listening for pings", {{"address", webhook_->address()}});
  return absl::OkStatus();
}

absl::Status Daemon::OpenStore() {
  SqliteStoreOptions store_options;
  store_options.boot = {BootId(), BootTime()};
  store_options.on_status = [this](const absl::Status& status) { health_.SetStoreStatus(status); };
  const AheadOfOthers writer_first;
  if (!writer_first.status().ok())
    Log(LogLevel::kInfo, "Under load, starts are answered later than they could be",
        {{"error", writer_first.status().message()}});
  absl::StatusOr<std::unique_ptr<SqliteStore>> store =
      SqliteStore::Open(config_.store_path, config_.store_keys, store_options);
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  return absl::OkStatus();
}

// The audit trail hears of every login, and so comes first.
absl::Status Daemon::StartEngine() {
  AuditLog::Options audit_options;
  audit_options.on_status = [this](const absl::Status& status) { health_.SetAuditStatus(status); };
  audit_options.metrics = &metrics_;
  absl::StatusOr<std::unique_ptr<AuditLog>> audit =
      AuditLog::Open(config_.audit_file, audit_options);
  if (!audit.ok()) return audit.status();
  audit_ = *std::move(audit);
  audit_->SetCallers(config_.callers);

  Engine::Options options = EngineOptions(config_);
  options.on_start = [this](const Login& login) { audit_->Started(login); };
  options.on_end = [this](const Login& login) { audit_->Ended(login); };
  options.on_trespass = [this](const std::string& caller, absl::string_view rpc,
                               const Login& login) { audit_->RefusedAnothers(caller, rpc, login); };
  options.on_ready = [this] {
    health_.SetProviderKnown();
    ReleaseCodePages();  // what starting needed is behind us
  };
  options.on_credentials = [this](const std::string& sales_unit, bool are_refused) {
    health_.SetCredentialsRefused(sales_unit, are_refused);
  };
  options.metrics = &metrics_;
  engine_ = std::make_unique<Engine>(std::move(options), EngineSettings(config_), store_.get());
  return engine_->Recover();
}

absl::Status Daemon::Listen() {
  service_ = std::make_unique<LoginServiceImpl>(engine_.get(), audit_.get(),
                                                ServiceSettings(config_, config_.callers));
  const auto keeper = std::make_shared<Doorkeeper>(
      config_.callers,
      [this](const std::string& listener, const std::string& certificate,
             const absl::Status& status) { audit_->Denied(listener, certificate, status); });
  absl::StatusOr<std::unique_ptr<RpcServer>> server =
      RpcServer::Listen(config_.listen, static_cast<size_t>(config_.connections), keeper, tls_,
                        service_.get(), [this] { metrics_.CountTurnedAwayConnection(); });
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

// For those who bring or fetch something over HTTP.
absl::Status Daemon::ListenForOthers() {
  auto metrics_listener = ServeMetrics(config_, [this] { return MetricsText(); });
  if (!metrics_listener.ok()) return metrics_listener.status();
  metrics_listener_ = *std::move(metrics_listener);
  pings_ = std::make_unique<PingReceiver>(
      MonotonicClock(), [this](const std::string& sales_unit, const std::string& auth_req_id) {
        engine_->Ping(sales_unit, auth_req_id);
      });
  pings_->SetSalesUnits(ByMsn(config_.sales_units));
  absl::StatusOr<std::unique_ptr<HttpListener>> webhook = ListenForPings(config_, *pings_);
  if (!webhook.ok()) return webhook.status();
  webhook_ = *std::move(webhook);
  return absl::OkStatus();
}

std::string Daemon::MetricsText() {
  Metrics::Present present;
  present.unfinished_logins = engine_->unfinished_logins();
  present.watch_streams = service_->open_streams();
  health_.Describe(present);
  if (tls_ != nullptr) tls_->Describe(present);
  return metrics_.Text(present);
}

absl::StatusOr<Config> Daemon::LoadAgain(const std::string& config_file) {
  absl::StatusOr<Config> loaded = LoadConfig(config_file);
  absl::Status status = loaded.status();
  if (status.ok()) status = CheckIssuerStays(config_file, config_, *loaded);
  if (status.ok() && tls_ != nullptr && loaded->tls.has_value())
    status = tls_->SetFiles(*loaded->tls);
  if (status.ok()) status = store_->ReplaceKeys(loaded->store_keys);
  if (!status.ok()) return status;
  return loaded;
}

void Daemon::Reload(const std::string& config_file) {
  const absl::StatusOr<Config> loaded = LoadAgain(config_file);
  if (!loaded.ok()) {
    Log(LogLevel::kError, "Not reloaded; the config from before stays",
        {{"error", loaded.status().message()}});
    return;
  }
  SetLogLevel(loaded->log_level);
  audit_->Reopen();
  const CallerPolicies callers = CallersAfterReload(config_, *loaded);
  server_->SetCallers(callers);
  audit_->SetCallers(callers);
  health_.SetSalesUnits(ByMsn(loaded->sales_units));
  engine_->Apply(EngineSettings(*loaded));
  service_->Apply(ServiceSettings(*loaded, callers));
  pings_->SetSalesUnits(ByMsn(loaded->sales_units));
  const std::string waiting = NeedsRestart(config_, *loaded);
  if (!waiting.empty())
    Log(LogLevel::kWarning, "Changed, but only a restart heeds it", {{"keys", waiting}});
  Log(LogLevel::kInfo, "Reloaded the config", {{"file", config_file}});
}

void Daemon::Stop() {
  audit_->Stopping();
  health_.Tell(nullptr);
  if (webhook_ != nullptr) webhook_->Stop();
  server_->Stop(kCallLimit);
  engine_->Stop();
}

int Serve(const std::string& config_file, Config& config) {
  SignalWaiter signals;
  umask(0077);
  absl::StatusOr<std::shared_ptr<TlsWatch>> tls = WatchTls(config);
  if (!tls.ok()) return Fail(kConfigWrong, tls.status());
  Daemon daemon(config);
  if (absl::Status status = daemon.Start(*std::move(tls)); !status.ok())
    return Fail(kUnavailable, status);
  NotifyReady();
  ForgetSecrets(config);
  FreeMemory memory;
  while (true) {
    const std::optional<int> signal = signals.Wait(kMemoryInterval);
    if (!signal.has_value()) {
      memory.ReturnAfterGrowth();
      continue;
    }
    if (*signal != SIGHUP) break;
    NotifyReloading();
    daemon.Reload(config_file);
    NotifyReady();
  }
  NotifyStopping();
  Log(LogLevel::kInfo, "Stopping; what is unfinished goes on at the next start", {});
  daemon.Stop();
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Logs customers in with Vipps MobilePay by phone number, for programs that have no browser."};
  std::string config_file;
  bool check_only = false;
  app.add_option("--config", config_file,
                 "The config file; every key is explained in the example, cibad.toml")
      ->required();
  app.add_flag("--check", check_only, "Check the config file, and end");
  app.set_version_flag("--version", "cibad " CIBAD_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (absl::Status status = HideMemory(); !status.ok()) return Fail(kUnavailable, status);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return Fail(kConfigWrong, config.status());
  if (check_only) {
    std::cout << config_file << ": OK\n";
    return 0;
  }
  SetLogLevel(config->log_level);
  if (absl::Status status = PreferBatches(); !status.ok())
    Log(LogLevel::kWarning, "A login costs more than it has to", {{"error", status.message()}});
  return Serve(config_file, *config);
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) { return cibad::Main(argc, argv); }
