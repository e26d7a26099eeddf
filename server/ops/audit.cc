#include "server/ops/audit.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/login/phone_mask.h"
#include "server/login/scope.h"
#include "server/login/state_name.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

using Line = nlohmann::ordered_json;

constexpr char kOtherCallersLogin[] = "the login is another caller's";

Line NewLine(const char* event, absl::Time time) {
  constexpr size_t kMostMembers = 9;
  Line line = Line::object();
  line.get_ref<Line::object_t&>().reserve(kMostMembers);
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
  line["event"] = event;
  return line;
}

Line CountLine(const char* event, absl::Time time, int64_t count) {
  Line line = NewLine(event, time);
  line["count"] = count;
  return line;
}

Line LineOf(const char* event, absl::Time time, const Login& login) {
  Line line = NewLine(event, time);
  line["caller"] = login.request->caller;
  line["login"] = login.id;
  return line;
}

void Add(Line& line, const LoginRequest& request) {
  line["sales_unit"] = request.sales_unit;
  const std::vector<absl::string_view> scopes = SplitScopes(request.scope);
  if (!scopes.empty()) line["scopes"] = std::vector<std::string>(scopes.begin(), scopes.end());
  if (!request.msisdn.empty()) line["phone_number"] = MaskPhoneNumber(request.msisdn);
}

void Add(Line& line, const absl::Status& status) {
  line["outcome"] = absl::StatusCodeToString(status.code());
  if (!status.ok()) line["reason"] = std::string(status.message());
}

void Add(Line& line, const char* key, const std::vector<std::string>& names) {
  constexpr size_t kMostNames = 100;
  if (names.empty()) return;
  const size_t count = std::min(names.size(), kMostNames);
  line[key] = std::vector<std::string>(names.begin(), names.begin() + static_cast<int64_t>(count));
  if (count < names.size()) line[key].push_back(absl::StrCat(names.size() - count, " more"));
}

// What is not UTF-8 is replaced: a line is always JSON.
std::string Text(const Line& line) {
  return line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// But for the place in the file, which changes when another section goes.
bool AreTheSame(CallerPolicy one, const CallerPolicy& other) {
  one.position = other.position;
  return one == other;
}

void AddChange(Line& line, const CallerPolicies& before, const CallerPolicies& after) {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  for (const auto& [name, policy] : after) {
    const auto known = before.find(name);
    if (known == before.end()) {
      added.push_back(name);
    } else if (!AreTheSame(*known->second, *policy)) {
      changed.push_back(name);
    }
  }
  for (const auto& [name, policy] : before) {
    if (!after.contains(name)) removed.push_back(name);
  }
  Add(line, "callers_added", added);
  Add(line, "callers_changed", changed);
  Add(line, "callers_removed", removed);
}

AuditWriter::Options WriterOptions(const AuditLog::Options& options) {
  AuditWriter::Options writer;
  writer.lost_line = [clock = options.wall_clock](int64_t count) {
    return Text(CountLine("lost", clock(), count));
  };
  if (options.metrics != nullptr)
    writer.on_lost = [metrics = options.metrics] { metrics->CountLostAuditLine(); };
  writer.on_status = [tell = options.on_status](const absl::Status& status) {
    if (status.ok()) {
      Log(LogLevel::kInfo, "The audit trail is written again");
    } else {
      Log(LogLevel::kError, "The audit trail cannot be written; no login starts until it can",
          {{"error", status.message()}});
    }
    if (tell) tell(status);
  };
  return writer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const std::string& file,
                                                         const Options& options) {
  absl::StatusOr<std::unique_ptr<AuditSink>> sink = OpenAuditSink(file);
  if (!sink.ok()) return sink.status();
  return std::make_unique<AuditLog>(*std::move(sink), options);
}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const std::string& file) {
  return Open(file, Options());
}

AuditLog::AuditLog(std::unique_ptr<AuditSink> sink, const Options& options)
    : wall_clock_(options.wall_clock), writer_(std::move(sink), WriterOptions(options)) {}

AuditLog::~AuditLog() {
  const std::lock_guard lock(mutex_);
  WriteLeftOut(absl::InfiniteFuture());  // what is left of the present second, too
}

void AuditLog::Started(const Login& login) {
  const absl::Time now = wall_clock_();
  Line line = LineOf("start", now, login);
  Add(line, *login.request);
  Write(now, Text(line));
}

void AuditLog::Ended(const Login& login) {
  const absl::Time now = wall_clock_();
  Line line = LineOf("end", now, login);
  Add(line, *login.request);
  line["outcome"] = std::string(NameOf(login.state));
  if (login.state == LoginState::kFailed)
    line["reason"] = std::string(NameOf(login.failure->reason));
  Write(now, Text(line));
}

void AuditLog::Checked(const LoginRequest& request, const absl::Status& status) {
  const absl::Time now = wall_clock_();
  Line line = NewLine("check", now);
  line["caller"] = request.caller;
  Add(line, request);
  Add(line, status);
  Write(now, Text(line));
}

void AuditLog::ChangedWebhook(const std::string& caller, absl::string_view rpc,
                              const std::string& sales_unit, const std::string& webhook,
                              const absl::Status& status) {
  const absl::Time now = wall_clock_();
  Line line = NewLine("webhook", now);
  line["caller"] = caller;
  line["rpc"] = std::string(rpc);
  line["sales_unit"] = sales_unit;
  if (!webhook.empty()) line["webhook"] = webhook;
  Add(line, status);
  Write(now, Text(line));
}

void AuditLog::Refused(const std::string& caller, absl::string_view rpc, const absl::Status& status,
                       const LoginRequest* request) {
  const absl::Time now = wall_clock_();
  if (!MayTell({true, caller}, now)) return;
  Line line = NewLine("refused", now);
  line["caller"] = caller;
  line["rpc"] = std::string(rpc);
  if (request != nullptr) Add(line, *request);
  Add(line, status);
  Write(now, Text(line));
}

void AuditLog::RefusedAnothers(const std::string& caller, absl::string_view rpc,
                               const Login& login) {
  const absl::Time now = wall_clock_();
  if (!MayTell({true, caller}, now)) return;
  Line line = NewLine("refused", now);
  line["caller"] = caller;
  line["rpc"] = std::string(rpc);
  line["login"] = login.id;
  line["sales_unit"] = login.request->sales_unit;
  Add(line, absl::NotFoundError(kOtherCallersLogin));
  Write(now, Text(line));
}

void AuditLog::Denied(const std::string& listener, const std::string& certificate,
                      const absl::Status& status) {
  const absl::Time now = wall_clock_();
  if (!MayTell({false, listener}, now)) return;
  Line line = NewLine("denied", now);
  line["listener"] = listener;
  if (!certificate.empty()) line["certificate"] = certificate;
  Add(line, status);
  Write(now, Text(line));
}

void AuditLog::SetCallers(CallerPolicies callers) {
  const absl::Time now = wall_clock_();
  Line line;
  {
    const std::lock_guard lock(mutex_);
    line = NewLine(callers_.has_value() ? "reloaded" : "daemon_started", now);
    line["callers"] = callers.size();
    if (callers_.has_value()) AddChange(line, *callers_, callers);
    callers_ = std::move(callers);
  }
  Write(now, Text(line));
}

void AuditLog::Stopping() {
  const absl::Time now = wall_clock_();
  Write(now, Text(NewLine("daemon_stopping", now)));
}

bool AuditLog::MayTell(const RefusalLimit::Refused& refused, absl::Time now) {
  const bool is_busy = writer_.is_busy();
  const std::lock_guard lock(mutex_);
  if (!is_busy) return limit_.Admit(refused, now);
  limit_.LeaveOut(refused, now);
  return false;
}

void AuditLog::Write(absl::Time now, const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (!writer_.is_busy()) WriteLeftOut(now);
  writer_.Add(line);
}

void AuditLog::WriteLeftOut(absl::Time now) {
  for (const RefusalLimit::LeftOut& left_out : limit_.Take(now)) {
    Line line = CountLine("more_refused", left_out.last, left_out.count);
    if (!left_out.refused.name.empty())
      line[left_out.refused.is_caller ? "caller" : "listener"] = left_out.refused.name;
    writer_.Add(Text(line));
  }
}

}  // namespace cibad
