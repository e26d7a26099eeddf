#include "client/command_line.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <random>
#include <sstream>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/address.h"
#include "client/exit_code.h"
#include "client/json_text.h"
#include "client/plain_display.h"
#include "client/problem.h"

namespace cibad {
namespace {

constexpr int kUsualLimit = 30;
constexpr int kLargestLimit = 10000;

constexpr char kDescription[] =
    "Logs customers in with Vipps MobilePay by phone number, through the daemon cibad.";

constexpr char kFooter[] = R"(Examples:
  cibactl login 912 34 567                     log a customer in
  cibactl login +4520123456 --scope "name email address"
  cibactl login 91234567 --json | jq -r 'select(.state=="COMPLETED").profile.name'
  cibactl check-user 912 34 567                can this number log in?
  cibactl list --unfinished                    what customers are being asked now
  cibactl watch ID                             follow a login that somebody started
  cibactl cancel ID                            end it
  cibactl complete ID --callback-query - <FILE finish one on a web page
  cibactl acknowledge ID                       erase it, as you have what you need
  cibactl webhook list                         where Vipps pings the daemon

Exit codes:
  0    login, watch, complete: COMPLETED; check-user: yes; others: it worked
  1    the daemon cannot be reached, or it refused
  2    usage: the command line is wrong, or the daemon refused an argument
  3    login, watch, complete: DENIED, the customer said no
  4    login, watch, complete: EXPIRED, the customer did not answer in time
  5    login, watch, complete: CANCELLED
  6    login, watch, complete: FAILED; check-user: no
  130  Ctrl-C, without an outcome (128 + the signal's number)

Ctrl-C during login cancels the login; a second one leaves at once. During watch
it only stops watching.

Output: for people on a terminal (NO_COLOR and COLUMNS are respected); lines of
tab-separated fields elsewhere; with --json one JSON object a line on stdout,
fields as in cibad/v1/login.proto, errors as {"error":{"code","message","hint"}}.)";

constexpr char kLoginFooter[] = R"(Examples:
  cibactl login 912 34 567
  cibactl login +4520123456 --scope "name email address" --expiry 2m
  cibactl login 91234567 --binding-message TILL-07 --reference R-2231 --json
  cibactl login --customer-token-file - --scope name <scanned
  cibactl login 91234567 --redirect-uri https://shop.example/back --state S

With --redirect-uri the login finishes on that web page: its server hands what
the customer's browser brings to cibactl complete, or to CompleteLogin.

Ctrl-C cancels the login; a second one leaves at once. Options of every command,
and the exit codes: cibactl --help)";

constexpr char kCompleteFooter[] = R"(Examples:
  cibactl complete ID --callback-query - <query
  echo "$QUERY_STRING" | cibactl complete ID --callback-query -

The query and the code are secrets until they are used, and other users of the
machine can read a command line: - reads them from stdin. Prefer the query: with
the code alone nobody looks after the state and the error that came with it.

Options of every command, and the exit codes: cibactl --help)";

constexpr char kOtherFooter[] = "Options of every command, and the exit codes: cibactl --help";

// CLI11's own help, without its remarks on environment and exclusions behind each name.
class Help : public CLI::Formatter {
 public:
  Help() { column_width(26); }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? "" : absl::StrCat(" ", option->get_type_name());
  }
};

// What CLI11 fills in.
struct Typed {
  CommandLine line;
  std::vector<std::string> phone;
  std::vector<std::string> scopes;
  std::string code;
  std::string callback_query;
  std::string binding_message;
  bool no_binding_message = false;
  bool replace_pending = false;
  std::string expiry;
  std::string retry_for = "60s";
};

// "120", "120s", "2m": whole seconds, zero or more.
std::optional<absl::Duration> ParseSeconds(const std::string& text) {
  int64_t seconds = 0;
  absl::Duration duration;
  if (absl::SimpleAtoi(text, &seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    return std::nullopt;
  }
  const bool is_whole = absl::Trunc(duration, absl::Seconds(1)) == duration;
  const bool in_range = duration >= absl::ZeroDuration() && duration <= absl::Hours(24);
  if (!is_whole || !in_range) return std::nullopt;
  return duration;
}

const CLI::Validator& IsDuration() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        return ParseSeconds(text) ? std::string() : "must be whole seconds, like 120, 120s or 2m";
      },
      "");
  return validator;
}

const CLI::Validator& IsAddress() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        const absl::StatusOr<std::string> target = TargetOf(text);
        return target.ok() ? std::string() : std::string(target.status().message());
      },
      "");
  return validator;
}

// A random UUID (RFC 9562, version 4).
std::string MakeRequestId() {
  std::random_device random;
  const auto word = [&random] { return static_cast<uint32_t>(random()); };
  const uint32_t a = word();
  const uint32_t b = word();
  const uint32_t c = word();
  const uint32_t d = word();
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%04x%08x", a, b >> 16U, b & 0xFFFU,
                         0x8000U | ((c >> 16U) & 0x3FFFU), c & 0xFFFFU, d);
}

void AddCommonOptions(CLI::App* app, Typed* typed) {
  CommandLine* line = &typed->line;
  line->address = kDefaultAddress;
  app->add_option("--server", line->address,
                  absl::StrCat("Where cibad listens: unix:/PATH, /PATH, HOST:PORT, or\n"
                               "https://HOST:PORT for TLS, which the next four ask\n"
                               "for as well.\n"
                               "Default: CIBAD_SERVER, or ",
                               kDefaultAddress))
      ->type_name("ADDRESS")
      ->envname("CIBAD_SERVER")
      ->check(IsAddress());
  const auto add_file = [app](const char* name, std::string& file, const char* help,
                              const char* variable) {
    return app->add_option(name, file, help)->type_name("FILE")->envname(variable);
  };
  Security& security = line->security;
  add_file("--ca-file", security.ca_file,
           "The authority (PEM) that cibad's certificate is by.\n"
           "Default: CIBAD_CA_FILE, or the system's",
           "CIBAD_CA_FILE");
  add_file("--certificate-file", security.certificate_file,
           "Your client certificate (PEM), or\nCIBAD_CERTIFICATE_FILE", "CIBAD_CERTIFICATE_FILE");
  add_file("--key-file", security.key_file, "Its key (PEM), or CIBAD_KEY_FILE", "CIBAD_KEY_FILE");
  add_file("--token-file", security.token_file,
           "A file with your bearer token, or CIBAD_TOKEN_FILE;\n- reads stdin",
           "CIBAD_TOKEN_FILE");
  app->add_flag("--json", line->json, "One JSON object a line on stdout, for programs");
  app->add_flag("--no-color", line->no_color, "No colours on a terminal");
  app->add_option("--retry-for", typed->retry_for,
                  "How long login and watch try to get a lost\nconnection back. Default: 60s")
      ->type_name("DURATION")
      ->check(IsDuration());
  app->set_version_flag("--version", absl::StrCat("cibactl ", CIBAD_VERSION),
                        "Print the version and leave");
}

void AddLogin(CLI::App* app, Typed* typed) {
  CLI::App* login = app->add_subcommand("login", "Ask a customer to log in, and wait for it");
  login->footer(kLoginFooter);
  v1::StartLoginRequest* start = &typed->line.start;
  CLI::Option* phone =
      login->add_option("PHONE", typed->phone, "The customer's phone number, as people write it")
          ->type_name("");
  login
      ->add_option("--customer-token-file", typed->line.customer_token_file,
                   "In place of PHONE: a file with the token of a QR\ncheck-in; - reads stdin")
      ->type_name("FILE")
      ->excludes(phone);
  login->callback([typed] {
    if (typed->phone.empty() && typed->line.customer_token_file.empty()) {
      throw CLI::RequiredError("PHONE");
    }
  });
  login
      ->add_option("--scope", typed->scopes,
                   "What the customer is asked to share: name, phoneNumber,\n"
                   "email, address, birthDate, gender, nin, customFlow,\n"
                   "delegatedConsents; parted by spaces or commas.\n"
                   "Default: what the operator has set for the sales unit")
      ->type_name("SCOPES")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  CLI::Option* message = login
                             ->add_option("--binding-message", typed->binding_message,
                                          "The code that the customer's app shows: 5 to 8 of\n"
                                          "A-Z, 0-9 and -. Default: cibad makes one")
                             ->type_name("CODE");
  login->add_flag("--replace", typed->replace_pending,
                  "Cancel your pending login of this customer and start anew");
  login->add_flag("--no-binding-message", typed->no_binding_message, "Show no code at all")
      ->excludes(message);
  login
      ->add_option(
          "--expiry", typed->expiry,
          "How long the customer may take, 60s to 900s.\nDefault: the provider's, 10 to 15 minutes")
      ->type_name("DURATION")
      ->check(IsDuration());
  CLI::Option* uri =
      login
          ->add_option("--redirect-uri", *start->mutable_redirect_uri(),
                       "Finish on this web page, which is registered for\nthe sales unit")
          ->type_name("URL");
  login
      ->add_option("--state", *start->mutable_state(),
                   "Comes to the web page with the code; not guessable")
      ->type_name("TEXT")
      ->needs(uri);
  login
      ->add_option("--sales-unit", *start->mutable_sales_unit(),
                   "Merchant serial number of the sales unit, where\ncibad has several")
      ->type_name("MSN");
  login
      ->add_option("--reference", *start->mutable_reference(),
                   "Your own name for this login, like a receipt\nnumber; no personal data")
      ->type_name("TEXT");
  login
      ->add_option("--request-id", *start->mutable_request_id(),
                   "Starting twice with the same id asks the customer\nonce. Default: a new UUID")
      ->type_name("ID");
  login
      ->add_option("--language", *start->mutable_language_code(),
                   "The language of what staff are told: en, nb, da, sv\nor fi. Default: "
                   "CIBAD_LANGUAGE, or en")
      ->type_name("TAG")
      ->envname("CIBAD_LANGUAGE");
}

void AddCheckUser(CLI::App* app, Typed* typed) {
  CLI::App* check = app->add_subcommand("check-user", "Ask whether a phone number can log in");
  check->footer(kOtherFooter);
  v1::CheckUserRequest* request = &typed->line.check_user;
  check->add_option("PHONE", typed->phone, "The phone number, as people write it")
      ->required()
      ->type_name("");
  check
      ->add_option("--sales-unit", *request->mutable_sales_unit(),
                   "Merchant serial number of the sales unit, where\ncibad has several")
      ->type_name("MSN");
  check
      ->add_option("--language", *request->mutable_language_code(),
                   "The language of the sentence: en, nb, da, sv or fi.\nDefault: "
                   "CIBAD_LANGUAGE, or en")
      ->type_name("TAG")
      ->envname("CIBAD_LANGUAGE");
}

void AddComplete(CLI::App* app, Typed* typed) {
  CLI::App* complete =
      app->add_subcommand("complete", "Finish a login on a web page, by the browser's answer");
  complete->footer(kCompleteFooter);
  complete->add_option("ID", *typed->line.complete.mutable_id(), "The login's id")
      ->required()
      ->type_name("");
  CLI::Option_group* answer = complete->add_option_group("What the browser brought");
  answer
      ->add_option("--callback-query", typed->callback_query,
                   "The whole query of the URL that it opened; - reads\nstdin")
      ->type_name("QUERY");
  answer->add_option("--code", typed->code, "The code alone; - reads stdin")->type_name("CODE");
  answer->require_option(1);
}

void AddOthers(CLI::App* app, Typed* typed) {
  const auto add = [app, typed](const char* name, const char* description) {
    CLI::App* command = app->add_subcommand(name, description);
    command->footer(kOtherFooter);
    command->add_option("ID", typed->line.id, "The login's id")->required()->type_name("");
  };
  add("watch", "Follow a login until it has ended");
  add("get", "Show a login as it is now");
  add("cancel", "End a login; the customer may still see it in the app");
  add("acknowledge", "Erase an ended login at once");
  CLI::App* list = app->add_subcommand("list", "List logins, the newest first, without profiles");
  list->footer(kOtherFooter);
  list->add_flag("--unfinished", typed->line.unfinished_only, "Only those that have not ended");
  typed->line.limit = kUsualLimit;
  list->add_option(
          "--limit", typed->line.limit,
          absl::StrCat("How many at most, up to ", kLargestLimit, ". Default: ", kUsualLimit))
      ->type_name("N")
      ->check(CLI::Range(1, kLargestLimit).description(""));
}

void AddWebhook(CLI::App* app, Typed* typed) {
  CLI::App* webhook =
      app->add_subcommand("webhook", "Register, list or delete the webhooks that Vipps pings");
  webhook->footer(kOtherFooter);
  webhook->require_subcommand(1);
  webhook->fallthrough();
  const auto add = [webhook, typed](const char* name, const char* description) {
    CLI::App* command = webhook->add_subcommand(name, description);
    command->footer(kOtherFooter);
    command
        ->add_option("--sales-unit", *typed->line.webhook.mutable_sales_unit(),
                     "Merchant serial number of the sales unit, where\ncibad has several")
        ->type_name("MSN");
    return command;
  };
  CLI::App* reg = add("register", "Register a webhook for pings at Vipps");
  reg->add_option("--url", *typed->line.webhook.mutable_url(),
                  "Where Vipps is to deliver pings; the daemon's webhook_url")
      ->required()
      ->type_name("URL");
  reg->add_option("--secret-file", typed->line.secret_file,
                  "A new file for the secret, which Vipps shows once")
      ->required()
      ->type_name("PATH");
  add("list", "List the sales unit's webhooks");
  add("delete", "Delete a webhook")
      ->add_option("ID", typed->line.id, "The webhook's id")
      ->required()
      ->type_name("");
}

Command CommandOf(const CLI::App& command) {
  const std::string& name = command.get_name();
  if (name == "webhook") return CommandOf(*command.get_subcommands().front());
  if (name == "register") return Command::kRegisterWebhook;
  if (name == "delete") return Command::kDeleteWebhook;
  const bool is_of_webhook = command.get_parent()->get_name() == "webhook";
  if (name == "list" && is_of_webhook) return Command::kListWebhooks;
  if (name == "watch") return Command::kWatch;
  if (name == "get") return Command::kGet;
  if (name == "cancel") return Command::kCancel;
  if (name == "complete") return Command::kComplete;
  if (name == "acknowledge") return Command::kAcknowledge;
  if (name == "check-user") return Command::kCheckUser;
  return name == "list" ? Command::kList : Command::kLogin;
}

// TLS is used where anything asks for it. A socket knows its callers by who may open it.
void CheckSecurity(CommandLine& line) {
  Security& security = line.security;
  const bool has_files = !security.ca_file.empty() || !security.certificate_file.empty() ||
                         !security.key_file.empty() || !security.token_file.empty();
  if (has_files && absl::StartsWith(line.target, "unix:")) {
    throw CLI::ValidationError("--server",
                               "a Unix socket takes no certificate and no token: leave the files "
                               "out, or give --server HOST:PORT");
  }
  if (security.certificate_file.empty() != security.key_file.empty()) {
    throw CLI::ValidationError("--certificate-file",
                               "a certificate needs its key: give --key-file as well, or neither");
  }
  security.use_tls = has_files || AsksForTls(line.address);
}

CommandLine Understand(const CLI::App& app, Typed typed) {
  CommandLine line = std::move(typed.line);
  line.command = CommandOf(*app.get_subcommands().front());
  line.target = *TargetOf(line.address);
  CheckSecurity(line);
  line.retry_for = *ParseSeconds(typed.retry_for);

  line.start.set_phone_number(absl::StrJoin(typed.phone, " "));
  line.check_user.set_phone_number(line.start.phone_number());
  for (const std::string& scopes : typed.scopes) {
    for (const absl::string_view scope :
         absl::StrSplit(scopes, absl::ByAnyChar(" ,"), absl::SkipEmpty())) {
      line.start.add_scopes(std::string(scope));
    }
  }
  if (!typed.code.empty()) line.complete.set_code(typed.code);
  if (!typed.callback_query.empty()) line.complete.set_callback_query(typed.callback_query);
  line.start.set_binding_message(typed.binding_message);
  line.start.set_no_binding_message(typed.no_binding_message);
  line.start.set_replace_pending(typed.replace_pending);
  if (!typed.expiry.empty()) {
    line.start.mutable_requested_expiry()->set_seconds(
        absl::ToInt64Seconds(*ParseSeconds(typed.expiry)));
  }
  if (line.start.request_id().empty()) line.start.set_request_id(MakeRequestId());
  return line;
}

// What is wrong, in our words where CLI11's say too little.
std::string MessageOf(const CLI::App& app, const CLI::ParseError& error) {
  if (!app.get_subcommands().empty()) return error.what();
  const std::vector<std::string> unknown = app.remaining();
  if (!unknown.empty()) return absl::StrCat("there is no command or option \"", unknown[0], "\"");
  const bool lacks_command =
      error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  return lacks_command ? "a command is missing: login, check-user, watch, get, cancel, complete, "
                         "acknowledge, list or webhook"
                       : error.what();
}

// Help and version are not errors; CLI11 throws them all the same.
EarlyExit Explain(const CLI::App& app, const CLI::ParseError& error, bool json) {
  std::ostringstream out;
  std::ostringstream err;
  if (app.exit(error, out, err) == 0) return {kExitSuccess, out.str(), ""};
  const Problem problem{"INVALID_ARGUMENT", MessageOf(app, error), "See: cibactl --help",
                        kExitUsage};
  if (json) return {kExitUsage, ProblemToJson(problem) + "\n", ""};
  return {kExitUsage, "", ProblemText(problem)};
}

}  // namespace

std::variant<CommandLine, EarlyExit> ParseCommandLine(int argc, const char* const* argv) {
  Typed typed;
  CLI::App app(kDescription, "cibactl");
  app.formatter(std::make_shared<Help>());
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  AddCommonOptions(&app, &typed);
  AddLogin(&app, &typed);
  AddCheckUser(&app, &typed);
  AddComplete(&app, &typed);
  AddOthers(&app, &typed);
  AddWebhook(&app, &typed);
  try {
    app.parse(argc, argv);
    return Understand(app, std::move(typed));
  } catch (const CLI::ParseError& error) {
    return Explain(app, error, typed.line.json);
  }
}

}  // namespace cibad
