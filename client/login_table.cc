#include "client/login_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/exit_code.h"
#include "client/login_text.h"
#include "client/text.h"
#include "client/time_left.h"

namespace cibad {
namespace {

constexpr size_t kColumns = 6;
constexpr size_t kStateColumn = 1;
using Cells = std::array<std::string, kColumns>;

std::string Utc(bool present, const google::protobuf::Timestamp& timestamp) {
  if (!present) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", TimeOf(timestamp), absl::UTCTimeZone());
}

std::string Local(bool present, const google::protobuf::Timestamp& timestamp, const Look& look) {
  if (!present) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", TimeOf(timestamp), look.zone);
}

// The time of day is enough in a list: logins last minutes and are erased soon after.
std::string TimeOfDay(const v1::Login& login, const Look& look) {
  return absl::FormatTime("%H:%M:%S", TimeOf(login.create_time()), look.zone);
}

struct Times {
  std::string create, update, expire, end;
};

std::vector<Row> MakeRows(const v1::Login& login, const Times& times) {
  std::vector<Row> rows;
  const auto add = [&rows](const char* key, const char* label, std::string value) {
    if (!value.empty()) rows.push_back({key, label, std::move(value), false});
  };
  add("id", "Login", login.id());
  add("state", "State", StateName(login));
  if (login.has_failure()) add("failure", "Failure", FailureDetails(login.failure()));
  add("message", "Message", Sentence(login));
  add("masked_phone_number", "Phone", login.masked_phone_number());
  add("binding_message", "Code", login.binding_message());
  add("scopes", "Scopes", absl::StrJoin(login.scopes(), " "));
  add("sales_unit", "Sales unit", login.sales_unit());
  add("reference", "Reference", login.reference());
  add("request_id", "Request id", login.request_id());
  add("create_time", "Started", times.create);
  add("update_time", "Changed", times.update);
  add("expire_time", "Expires", times.expire);
  add("end_time", "Ended", times.end);
  return rows;
}

std::array<int, kColumns> ColumnWidths(const std::vector<Cells>& table) {
  std::array<int, kColumns> widths{};
  for (const Cells& cells : table) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], DisplayWidth(cells[i]));
  }
  return widths;
}

// How many columns, from the left, fit; the last one may be cut down to the width of its head.
size_t FittingColumns(const std::array<int, kColumns>& widths, const Cells& heads, int room) {
  int used = widths[0];
  size_t count = 1;
  while (count < kColumns) {
    const bool last = count == kColumns - 1;
    const int needed = last ? std::min(widths[count], DisplayWidth(heads[count])) : widths[count];
    used += static_cast<int>(kColumnGap.size()) + needed;
    if (used > room) break;
    ++count;
  }
  return count;
}

}  // namespace

std::vector<Row> LoginRows(const v1::Login& login) {
  return MakeRows(login, {Utc(login.has_create_time(), login.create_time()),
                          Utc(login.has_update_time(), login.update_time()),
                          Utc(login.has_expire_time(), login.expire_time()),
                          Utc(login.has_end_time(), login.end_time())});
}

std::vector<Row> LoginRowsForPeople(const v1::Login& login, const Look& look) {
  return MakeRows(login, {Local(login.has_create_time(), login.create_time(), look),
                          Local(login.has_update_time(), login.update_time(), look),
                          Local(login.has_expire_time(), login.expire_time(), look),
                          Local(login.has_end_time(), login.end_time(), look)});
}

std::vector<std::string> RenderList(const std::vector<v1::Login>& logins, const Look& look) {
  std::vector<Cells> table{{"LOGIN", "STATE", "PHONE", "CODE", "STARTED", "REFERENCE"}};
  for (const v1::Login& login : logins) {
    table.push_back({login.id(), StateName(login), login.masked_phone_number(),
                     login.binding_message(), TimeOfDay(login, look), login.reference()});
  }
  const std::array<int, kColumns> widths = ColumnWidths(table);
  const size_t columns = FittingColumns(widths, table[0], look.columns);

  std::vector<std::string> lines;
  for (size_t row = 0; row < table.size(); ++row) {
    std::string line;
    int room = look.columns;
    for (size_t i = 0; i < columns; ++i) {
      const bool last = i + 1 == columns;
      const std::string cell =
          i == 0 ? table[row][i] : Shorten(table[row][i], std::max(std::min(widths[i], room), 1));
      Tone tone = row == 0 ? Tone::kFaint : Tone::kPlain;
      if (row > 0 && i == kStateColumn) tone = ToneOf(logins[row - 1]);
      absl::StrAppend(&line, Paint(last ? cell : PadTo(cell, widths[i]), tone, look),
                      last ? "" : kColumnGap);
      room -= widths[i] + static_cast<int>(kColumnGap.size());
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> PlainList(const std::vector<v1::Login>& logins) {
  std::vector<std::string> lines;
  lines.reserve(logins.size());
  for (const v1::Login& login : logins) {
    lines.push_back(absl::StrCat(login.id(), "\t", StateName(login), "\t",
                                 login.masked_phone_number(), "\t", login.binding_message(), "\t",
                                 Utc(login.has_create_time(), login.create_time()), "\t",
                                 login.reference()));
  }
  return lines;
}

Tone ToneOf(const v1::Login& login) {
  if (!HasEnded(login)) return Tone::kCode;
  switch (login.state()) {
    case v1::Login::COMPLETED:
      return Tone::kGood;
    case v1::Login::EXPIRED:
    case v1::Login::CANCELLED:
      return Tone::kWarning;
    default:
      return Tone::kBad;
  }
}

}  // namespace cibad
