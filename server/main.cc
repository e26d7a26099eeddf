// cibad: builds the parts from the config, and runs them until SIGTERM; SIGHUP has them go on with
// a changed config.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/engine/engine.h"
#include "server/engine/ping_receiver.h"
#include "server/http/clock.h"
#include "server/http/http_listener.h"
#include "server/ops/audit.h"
#include "server/ops/caller_config.h"
#include "server/ops/config.h"
#include "server/ops/hardening.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
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

// Reads the config again and goes on with it, without dropping a login or a stream. Where it is
// wrong, nothing changes.
void Reload(const std::string& config_file, const Config& running, SqliteStore& store,
            Engine& engine, LoginServiceImpl& service, RpcServer& server, TlsWatch* tls,
            Health& health, PingReceiver& pings, AuditLog& audit) {
  const absl::StatusOr<Config> loaded = LoadConfig(config_file);
  absl::Status status = loaded.status();
  if (status.ok()) status = CheckIssuerStays(config_file, running, *loaded);
  if (status.ok() && tls != nullptr && loaded->tls.has_value())
    status = tls->SetFiles(*loaded->tls);
  if (status.ok()) status = store.ReplaceKeys(loaded->store_keys);
  if (!status.ok()) {
    Log(LogLevel::kError, "Not reloaded; the config from before stays",
        {{"error", status.message()}});
    return;
  }
  SetLogLevel(loaded->log_level);
  audit.Reopen();
  const CallerPolicies callers = CallersAfterReload(running, *loaded);
  server.SetCallers(callers);
  health.SetSalesUnits(ByMsn(loaded->sales_units));
  engine.Apply(EngineSettings(*loaded));
  service.Apply(ServiceSettings(*loaded, callers));
  pings.SetSalesUnits(ByMsn(loaded->sales_units));
  const std::string waiting = NeedsRestart(running, *loaded);
  if (!waiting.empty())
    Log(LogLevel::kWarning, "Changed, but only a restart heeds it", {{"keys", waiting}});
  Log(LogLevel::kInfo, "Reloaded the config", {{"file", config_file}});
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

int Serve(const std::string& config_file, Config& config) {
  SignalWaiter signals;
  umask(0077);
  Health health;  // outlives whoever tells it
  health.SetSalesUnits(ByMsn(config.sales_units));
  Metrics metrics;
  SqliteStoreOptions store_options;
  store_options.boot = {BootId(), BootTime()};
  store_options.on_status = [&health](const absl::Status& status) {
    health.SetStoreStatus(status);
  };
  absl::StatusOr<std::unique_ptr<SqliteStore>> store =
      SqliteStore::Open(config.store_path, config.store_keys, store_options);
  if (!store.ok()) return Fail(kUnavailable, store.status());

  const absl::StatusOr<std::unique_ptr<AuditLog>> audit = AuditLog::Open(config.audit_file);
  if (!audit.ok()) return Fail(kUnavailable, audit.status());

  Engine::Options options = EngineOptions(config);
  options.on_start = [&audit](const Login& login) { (*audit)->Started(login); };
  options.on_end = [&audit](const Login& login) { (*audit)->Ended(login); };
  options.on_ready = [&health] { health.SetProviderKnown(); };
  options.on_credentials = [&health](const std::string& sales_unit, bool are_refused) {
    health.SetCredentialsRefused(sales_unit, are_refused);
  };
  options.metrics = &metrics;
  Engine engine(std::move(options), EngineSettings(config), store->get());
  if (absl::Status status = engine.Recover(); !status.ok()) return Fail(kUnavailable, status);
  LoginServiceImpl service(&engine, audit->get(), ServiceSettings(config, config.callers));
  absl::StatusOr<std::shared_ptr<TlsWatch>> tls = WatchTls(config);
  if (!tls.ok()) return Fail(kConfigWrong, tls.status());
  absl::StatusOr<std::unique_ptr<RpcServer>> server =
      RpcServer::Listen(config.listen,
                        std::make_shared<Doorkeeper>(
                            config.callers,
                            [&audit](const std::string& listener, const absl::Status& status) {
                              (*audit)->Denied(listener, status);
                            }),
                        *tls, &service);
  if (!server.ok()) return Fail(kUnavailable, server.status());
  const auto metrics_listener = ServeMetrics(config, [&] {
    Metrics::Present present;
    present.unfinished_logins = engine.unfinished_logins();
    present.watch_streams = service.open_streams();
    health.Describe(present);
    return metrics.Text(present);
  });
  if (!metrics_listener.ok()) return Fail(kUnavailable, metrics_listener.status());
  PingReceiver pings(MonotonicClock(),
                     [&engine](const std::string& sales_unit, const std::string& auth_req_id) {
                       engine.Ping(sales_unit, auth_req_id);
                     });
  pings.SetSalesUnits(ByMsn(config.sales_units));
  absl::StatusOr<std::unique_ptr<HttpListener>> webhook = ListenForPings(config, pings);
  if (!webhook.ok()) return Fail(kUnavailable, webhook.status());
  health.Tell(server->get());
  engine.Start();

  for (const std::string& address : (*server)->addresses()) {
    Log(LogLevel::kInfo, "Listening", {{"address", address}});
  }
  if (*webhook != nullptr)
    Log(LogLevel::kInfo, "Listening for pings", {{"address", (*webhook)->address()}});
  NotifyReady();
  ForgetSecrets(config);
  while (signals.Wait() == SIGHUP) {
    NotifyReloading();
    Reload(config_file, config, **store, engine, service, **server, tls->get(), health, pings,
           **audit);
    NotifyReady();
  }
  NotifyStopping();
  Log(LogLevel::kInfo, "Stopping; what is unfinished goes on at the next start", {});
  health.Tell(nullptr);
  if (*webhook != nullptr) (*webhook)->Stop();
  (*server)->Stop(kCallLimit);
  engine.Stop();
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
  return Serve(config_file, *config);
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) { return cibad::Main(argc, argv); }
