#include "tests/sandbox/options.h"

#include <CLI/CLI.hpp>
#include <map>

namespace cibad {
namespace {

constexpr int kUsageError = 2;
constexpr int kMaxPort = 65535;
constexpr int kMaxSeconds = 3600;

}  // namespace

std::variant<SandboxOptions, ExitCode> ReadOptions(int argc, char** argv) {
  SandboxOptions options;
  int interval = 5;
  int expires_in = 600;
  int token_life = 3600;
  int max_age = 3600;
  CLI::App app{
      "A stand-in for Vipps Login on this machine, for demonstrations and tests.\n"
      "The phone number decides what happens to a login: see --numbers."};
  app.add_option("--dir", options.dir,
                 "Folder for ca.pem, client_secret and a ready cibad.toml; made if it is missing");
  app.add_option("--port", options.port, "Port on loopback; 0 takes one that is free")
      ->check(CLI::Range(0, kMaxPort))
      ->capture_default_str();
  app.add_option("--interval", interval, "Seconds that clients must leave between polls")
      ->check(CLI::Range(1, kMaxSeconds))
      ->capture_default_str();
  app.add_option("--expires-in", expires_in, "Seconds that a login waits for the customer")
      ->check(CLI::Range(1, kMaxSeconds))
      ->capture_default_str();
  app.add_option("--max-age", max_age, "Seconds that discovery and JWKS may be kept")
      ->check(CLI::Range(1, kMaxSeconds))
      ->capture_default_str();
  const std::map<std::string, AuthenticationMethod> methods = {
      {"basic", AuthenticationMethod::kBasic},
      {"post", AuthenticationMethod::kPost},
      {"any", AuthenticationMethod::kEither},
      {"partner", AuthenticationMethod::kPartner}};
  app.add_option("--auth-method", options.method,
                 "How the client has to authenticate: basic (the default), post, any, or partner")
      ->transform(CLI::CheckedTransformer(methods));
  app.add_option("--token-life", token_life, "Seconds that an access token of a partner lives")
      ->check(CLI::Range(1, kMaxSeconds))
      ->capture_default_str();
  app.add_option(
         "--redirect-uri", options.redirect_uris,
         "Where logins may finish on a web page; may be given again. Default: any https URL")
      ->allow_extra_args(false);
  app.add_option(
      "--webhook-to", options.webhook_to,
      "HOST:PORT that pings are delivered to, by plain HTTP, in place of a registered URL");
  app.add_flag("--numbers", options.numbers, "Print the test numbers and what they do");
  try {
    app.parse(argc, argv);
    if (options.dir.empty() && !options.numbers) throw CLI::RequiredError("--dir");
  } catch (const CLI::ParseError& error) {
    return ExitCode{app.exit(error) == 0 ? 0 : kUsageError};
  }
  options.interval = absl::Seconds(interval);
  options.expires_in = absl::Seconds(expires_in);
  options.token_life = absl::Seconds(token_life);
  options.max_age = absl::Seconds(max_age);
  return options;
}

}  // namespace cibad
