// cibad: builds the parts from the config, and runs them until SIGTERM.

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "server/engine/engine.h"
#include "server/ops/config.h"
#include "server/ops/log.h"
#include "server/ops/service_manager.h"
#include "server/ops/signals.h"
#include "server/rpc/login_service.h"
#include "server/rpc/server.h"
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

Engine::Options EngineOptions(const Config& config) {
  Engine::Options options;
  options.issuer = config.issuer;
  options.sales_units = config.sales_units;
  options.http.ca_file = config.ca_file;
  options.http.proxy = config.proxy;
  options.http.user_agent = "cibad/" CIBAD_VERSION;
  options.workers = config.workers;
  return options;
}

int Serve(const Config& config) {
  SignalWaiter signals;
  umask(0077);
  absl::StatusOr<std::unique_ptr<SqliteStore>> store =
      SqliteStore::Open(config.store_path, config.store_keys);
  if (!store.ok()) return Fail(kUnavailable, store.status());

  RpcServer* serving = nullptr;  // set before the engine starts, and with it whoever calls on_ready
  Engine::Options options = EngineOptions(config);
  options.on_ready = [&serving] {
    serving->SetServing(true);
    NotifyStatus("Logging customers in");
    Log(LogLevel::kInfo, "The provider is known; logins can start", {});
  };
  Engine engine(std::move(options), store->get());
  if (absl::Status status = engine.Recover(); !status.ok()) return Fail(kUnavailable, status);
  LoginServiceImpl service(&engine, config.sales_units);
  absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Listen(config.listen, &service);
  if (!server.ok()) return Fail(kUnavailable, server.status());
  serving = server->get();
  engine.Start();

  for (const std::string& address : serving->addresses()) {
    Log(LogLevel::kInfo, "Listening", {{"address", address}});
  }
  NotifyStatus("Waiting for the provider");
  NotifyReady();
  while (signals.Wait() == SIGHUP)
    Log(LogLevel::kWarning, "A changed config takes effect at a restart, not on SIGHUP", {});
  NotifyStopping();
  Log(LogLevel::kInfo, "Stopping; what is unfinished goes on at the next start", {});
  serving->Stop(kCallLimit);
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
  const absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return Fail(kConfigWrong, config.status());
  if (check_only) {
    std::cout << config_file << ": OK\n";
    return 0;
  }
  SetLogLevel(config->log_level);
  return Serve(*config);
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) { return cibad::Main(argc, argv); }
