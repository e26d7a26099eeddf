// docs/answers.md tells what every answer of the provider becomes. Each row is played here: the
// answer is read, a login that waits for it makes its step, staff read its sentence, and the
// operator's log gets its line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/engine/login_log.h"
#include "server/login/refusal.h"
#include "server/login/staff_message.h"
#include "server/login/state_name.h"
#include "server/login/step.h"
#include "server/ops/log.h"
#include "server/provider/answers.h"
#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

constexpr char kGoesOn[] = "goes on";
constexpr char kNothing[] = "nothing";

struct Row {
  int line = 0;
  std::vector<std::string> endpoints;
  std::string answer;    // as written
  std::string becomes;   // state, or state and reason; kGoesOn
  std::string sentence;  // in English
  std::string log;       // kNothing: no line
};

std::string Cell(absl::string_view text) { return std::string(absl::StripAsciiWhitespace(text)); }

std::string WithoutBackticks(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), '`'), text.end());
  return text;
}

// The rows of the tables whose first column is `at`.
std::vector<Row> ReadRows() {
  std::ifstream file(CIBAD_TREE "/docs/answers.md");
  std::vector<Row> rows;
  bool in_table = false;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() != 7) {
      in_table = false;
      continue;
    }
    if (Cell(cells[1]) == "at") in_table = true;
    if (!in_table || Cell(cells[1]) == "at" || absl::StartsWith(Cell(cells[1]), "---")) continue;
    Row row;
    row.line = number;
    row.endpoints = absl::StrSplit(Cell(cells[1]), ", ");
    row.answer = Cell(cells[2]);
    row.becomes = WithoutBackticks(Cell(cells[3]));
    row.sentence = Cell(cells[4]);
    row.log = WithoutBackticks(Cell(cells[5]));
    rows.push_back(row);
  }
  return rows;
}

// `429` `Retry-After: 30` `{"error":"x"}`: status, headers, body, each in backticks; or the name of
// an exchange that brought no answer.
std::optional<HttpResult> ReadAnswer(const std::string& text) {
  if (text == "no connection")
    return HttpError{absl::UnavailableError("cannot connect"), /*may_have_arrived=*/false};
  if (text == "connection lost")
    return HttpError{absl::UnavailableError("connection reset"), /*may_have_arrived=*/true};
  if (text == "too large")
    return HttpError{absl::ResourceExhaustedError("more than 262144 bytes"), true};
  HttpResponse response;
  response.headers = {"content-type: application/json"};  // where the row names no other
  const std::vector<std::string> parts = absl::StrSplit(text, '`');
  for (size_t i = 1; i < parts.size(); i += 2) {
    const std::string& part = parts[i];
    const std::pair<std::string, std::string> header =
        absl::StrSplit(part, absl::MaxSplits(": ", 1));
    if (i == 1) {
      if (!absl::SimpleAtoi(part, &response.status)) return std::nullopt;
    } else if (!header.second.empty() && absl::ascii_isalpha(part.front())) {
      response.headers.Add({part});
    } else {
      response.body = part;
    }
  }
  if (response.status == 0) return std::nullopt;
  return response;
}

struct WaitingLogin {
  Course course;
  Event (*read)(const HttpResult&);
};

// The login that waits for an answer of the endpoint, and who reads it.
std::map<std::string, WaitingLogin> WaitingLogins() {
  return {{"backchannel",
           {Asking(),
            [](const HttpResult& result) -> Event {
              return BackchannelAnswered{ReadBackchannelAnswer(result)};
            }}},
          {"token",
           {Polling(),
            [](const HttpResult& result) -> Event {
              return TokenRequestAnswered{ReadTokenAnswer(result)};
            }}},
          {"userinfo", {Fetching(), [](const HttpResult& result) -> Event {
                          return ProfileAnswered{ReadUserinfoAnswer(result)};
                        }}}};
}

std::string Becomes(const Login& before, const Login& after) {
  if (after.state == before.state) return kGoesOn;
  const absl::string_view reason = NameOf(after.failure->reason);
  return absl::StrCat(NameOf(after.state), reason.empty() ? "" : " ", reason);
}

// What the log says of the event, without what it says of every event (login, request, phone), and
// without empty fields.
std::string Logged(const Login& login, const Event& event) {
  std::vector<std::string> lines;
  {
    const LogCapture capture(
        [&lines](LogLevel, const std::string& line) { lines.push_back(line); });
    LogTrouble(login, event);
  }
  if (lines.empty()) return kNothing;
  std::string text = absl::StrJoin(lines, " // ");
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(text, ' '))) {
    if (absl::StartsWith(part, "login=") || absl::StartsWith(part, "request=") ||
        absl::StartsWith(part, "phone=") || absl::EndsWith(part, "=\"\"")) {
      text.erase(text.find(absl::StrCat(" ", part)), part.size() + 1);
    }
  }
  return text;
}

TEST(AnswersDocument, EveryRowIsTrue) {
  const std::vector<Row> rows = ReadRows();
  ASSERT_GT(rows.size(), 30u);
  const std::map<std::string, WaitingLogin> waiting = WaitingLogins();
  for (const Row& row : rows) {
    const std::optional<HttpResult> answer = ReadAnswer(row.answer);
    ASSERT_TRUE(answer.has_value()) << "line " << row.line << ": " << row.answer;
    for (const std::string& endpoint : row.endpoints) {
      const auto found = waiting.find(endpoint);
      ASSERT_NE(found, waiting.end()) << "line " << row.line << ": " << endpoint;
      Course course = found->second.course;
      const Login before = course.login();
      const Event event = found->second.read(*answer);
      const Login after = course.Fire(event).login();
      const std::string is =
          absl::StrCat("| ", endpoint, " | ", row.answer, " | ", Becomes(before, after), " | ",
                       StaffMessage(after), " | ", Logged(before, event), " |");
      const std::string says = absl::StrCat(
          "| ", endpoint, " | ", row.answer, " | ", row.becomes, " | ",
          row.becomes == kGoesOn ? StaffMessage(after) : row.sentence, " | ", row.log, " |");
      EXPECT_EQ(is, says) << "line " << row.line;
    }
  }
}

TEST(AnswersDocument, NoCodeThatIsKnownHereIsMissing) {
  std::string all;
  for (const Row& row : ReadRows()) absl::StrAppend(&all, row.answer, "\n");
  std::vector<absl::string_view> codes = KnownProviderCodes();
  // Known elsewhere: to the state machine, to CIBA 11 and 13, RFC 6749, RFC 6750, and to Vipps.
  for (const char* code : {"authorization_pending",
                           "slow_down",
                           "expired_token",
                           "access_denied",
                           "invalid_request",
                           "invalid_scope",
                           "expired_login_hint_token",
                           "unknown_user_id",
                           "unauthorized_client",
                           "missing_user_code",
                           "invalid_user_code",
                           "invalid_binding_message",
                           "invalid_client",
                           "invalid_grant",
                           "unsupported_grant_type",
                           "server_error",
                           "temporarily_unavailable",
                           "invalid_token",
                           "insufficient_scope",
                           "old_app",
                           "invalid_user",
                           "outdated_app_version",
                           "wrong_challenge",
                           "unknown_reject_reason"}) {
    codes.push_back(code);
  }
  for (const absl::string_view code : codes) {
    EXPECT_TRUE(absl::StrContains(all, absl::StrCat("\"", code, "\""))) << code;
  }
}

TEST(AnswersDocument, EveryReasonThatAnAnswerCanHaveIsThere) {
  std::set<std::string> ends;
  for (const Row& row : ReadRows()) ends.insert(row.becomes);
  for (int reason = 1; reason <= static_cast<int>(FailureReason::kOther); ++reason) {
    const auto name = NameOf(static_cast<FailureReason>(reason));
    if (name == NameOf(FailureReason::kIdTokenRefused)) continue;  // of no answer, but of a check
    EXPECT_TRUE(ends.contains(absl::StrCat("FAILED ", name))) << name;
  }
}

}  // namespace
}  // namespace cibad
