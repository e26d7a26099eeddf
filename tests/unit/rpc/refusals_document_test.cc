// docs/answers.md tells what the daemon itself refuses its callers. Each row is played here, and
// each refusal that is played has its row.

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/engine/call_status.h"
#include "server/engine/number_guard.h"
#include "server/engine/pending_counts.h"
#include "server/rpc/caller.h"
#include "server/rpc/policy.h"
#include "server/rpc/start_rates.h"
#include "server/rpc/status.h"
#include "tests/unit/rpc/test_caller.h"

namespace cibad {
namespace {

constexpr char kLogin[] = "LOGIN";

// Some caller who is known by whatever there is, and may do little.
CallerPolicy Little() {
  CallerPolicy policy;
  policy.name = "tills";
  policy.listeners = {"unix:/run/tills.sock"};
  policy.certificates = {"*.tills.example"};
  policy.token_hashes = {std::string(32, 'x')};
  policy.rpcs = {"StartLogin"};
  policy.sales_units = {"111111", "222222"};
  policy.scopes = {"name"};
  return policy;
}

absl::Status Proving(const CallerProof& proof) {
  return Authenticate(proof, {{"tills", std::make_shared<const CallerPolicy>(Little())}}).status();
}

absl::Status ProvingOverTls(CallerProof::Texts headers, CallerProof::Texts names = {}) {
  CallerProof proof;
  proof.is_encrypted = true;
  proof.authorization = std::move(headers);
  proof.dns_names = std::move(names);
  return Proving(proof);
}

absl::Status Starting(const std::string& scope, const std::string& redirect_uri = "") {
  LoginRequest request;
  request.scope = scope;
  if (!redirect_uri.empty()) request.web_page = WebPage{redirect_uri, "state"};
  return CheckStart(Little(), request);
}

absl::Status Naming(const std::string& msn) {
  SalesUnits units;
  for (const char* unit : {"111111", "222222", "654321"}) units[unit].msn = unit;
  return FindSalesUnit(msn, Little(), units).status();
}

// What the second start for a customer gets.
absl::Status AskingAgain(const std::string& first_caller, int64_t most_starts) {
  NumberGuard guard;
  const NumberGuard::Limits limits = {most_starts, absl::Minutes(10)};
  LoginRequest request;
  request.msisdn = "4791234567";
  request.sales_unit = "111111";
  request.caller = first_caller;
  const NumberGuard::Verdict first =
      guard.Admit(request, kLogin, limits, absl::UnixEpoch() + absl::Hours(1));
  request.caller = "tills";
  return guard.Admit(request, "second", limits, absl::UnixEpoch() + absl::Hours(1)).status;
}

absl::Status StartingTooOften() {
  StartRates rates;
  EXPECT_TRUE(rates.Admit("tills", 1, absl::UnixEpoch()).ok());
  return rates.Admit("tills", 1, absl::UnixEpoch());
}

absl::Status HavingTooManyPending() {
  PendingCounts counts;
  counts.Add("tills");
  return counts.Admit("tills", 1).status();
}

// By what the caller does, as the document says it.
std::map<std::string, std::function<absl::Status()>> Refusals() {
  return {
      {"speaks plaintext at an address that is no caller's",
       [] { return Proving({.listener = "unix:/run/others.sock"}); }},
      {"sends a token over plaintext",
       [] {
         return Proving({.listener = "unix:/run/tills.sock", .authorization = {"Bearer token"}});
       }},
      {"shows neither certificate nor token", [] { return ProvingOverTls({}); }},
      {"shows a certificate of which no name is a caller's",
       [] { return ProvingOverTls({}, {"tills.example"}); }},
      {"sends a token that is nobody's", [] { return ProvingOverTls({"Bearer token"}); }},
      {"sends a header of another form", [] { return ProvingOverTls({"Basic token"}); }},
      {"sends two such headers",
       [] {
         return ProvingOverTls({"Bearer a", "Bearer b"});
       }},
      {"calls an RPC that is not its own", [] { return CheckRpc(Little(), "ListLogins"); }},
      {"asks for a scope that is not its own", [] { return Starting("name nin"); }},
      {"sends customers where it may not",
       [] { return Starting("name", "https://elsewhere.example/"); }},
      {"names a sales unit that is not there, or not its own", [] { return Naming("654321"); }},
      {"names none of its several sales units", [] { return Naming(""); }},
      {"starts too many in a minute", StartingTooOften},
      {"has too many pending", HavingTooManyPending},
      {"starts for a customer who was asked too often", [] { return AskingAgain("tills", 1); }},
      {"starts for a customer of whom another caller's login is pending",
       [] { return AskingAgain("others", 5); }},
      {"starts for a customer of whom its own login is pending",
       [] { return AskingAgain("tills", 5); }},
  };
}

// When to try again: as the refusal says, or as all of its kind say.
std::string Again(const absl::Status& status) {
  if (RetryDelayOf(status).has_value()) return "when it may";
  const std::string pushback = RetryPushback(status);
  return pushback == "5000" ? "in 5 s" : pushback;
}

std::string Trimmed(absl::string_view text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

// The rows of the table that begins with `the caller`: what, status, message, again.
std::vector<std::vector<std::string>> ReadRefusals() {
  std::ifstream file(CIBAD_TREE "/docs/answers.md");
  std::vector<std::vector<std::string>> rows;
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() != 6) {
      in_table = false;
      continue;
    }
    for (std::string& cell : cells) cell = Trimmed(cell);
    if (in_table && cells[1] != "---") rows.push_back({cells[1], cells[2], cells[3], cells[4]});
    in_table = in_table || cells[1] == "the caller";
  }
  return rows;
}

TEST(RefusalsDocument, EveryRowIsTrueAndNoneIsMissing) {
  const auto refusals = Refusals();
  std::set<std::string> told;
  for (const std::vector<std::string>& row : ReadRefusals()) {
    told.insert(row[0]);
    const auto refusal = refusals.find(row[0]);
    ASSERT_NE(refusal, refusals.end()) << row[0];
    const absl::Status status = refusal->second();
    EXPECT_EQ(absl::StrCat("`", absl::StatusCodeToString(status.code()), "`"), row[1]) << row[0];
    EXPECT_EQ(std::string(status.message()), row[2]);
    EXPECT_EQ(Again(status), row[3]) << row[0];
  }
  for (const auto& [what, ignored] : refusals) EXPECT_TRUE(told.contains(what)) << what;
}

}  // namespace
}  // namespace cibad
