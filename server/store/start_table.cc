#include "server/store/start_table.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/store/record_members.h"

namespace cibad {
namespace {

constexpr absl::string_view kInsertStart =
    "INSERT INTO start (create_time, customer, boot_id, boot_time) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT DO NOTHING";
constexpr absl::string_view kEraseStarts = "DELETE FROM start WHERE create_time < ?1";
constexpr absl::string_view kLoadStarts =
    "SELECT create_time, customer, boot_id, boot_time FROM start ORDER BY create_time DESC LIMIT "
    "?1";

// The first eight bytes, which are as good as any.
CustomerHash FirstBytes(absl::string_view hash) {
  CustomerHash number = 0;
  for (size_t i = 0; i < sizeof(number); ++i)
    number = number << 8 | static_cast<unsigned char>(hash[i]);
  return number;
}

}  // namespace

std::vector<CustomerHash> CustomerHashesOf(const Sealer& sealer, absl::string_view customer_key) {
  std::vector<CustomerHash> hashes;
  for (const std::string& hash : sealer.HashesOf(customer_key)) hashes.push_back(FirstBytes(hash));
  return hashes;
}

std::vector<CustomerHash> CustomerHashesOf(const Sealer& sealer, const LoginRequest& request) {
  return CustomerHashesOf(sealer, CustomerKey(request));
}

int64_t ToStoredHash(CustomerHash hash) { return static_cast<int64_t>(hash); }

absl::StatusOr<StartTable> StartTable::Prepare(Database& database, Boot boot) {
  StartTable table(std::move(boot));
  const std::pair<absl::string_view, Statement*> statements[] = {
      {kInsertStart, &table.insert_}, {kEraseStarts, &table.erase_}, {kLoadStarts, &table.load_}};
  for (const auto& [sql, statement] : statements) {
    absl::StatusOr<Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return table;
}

absl::Status StartTable::Insert(CustomerHash customer, int64_t create_time) {
  insert_.BindInt(1, create_time);
  insert_.BindInt(2, ToStoredHash(customer));
  insert_.BindText(3, boot_.id);
  insert_.BindInt(4, ToStoredTime(boot_.time));
  const absl::StatusOr<bool> row = insert_.Step();
  insert_.Reset();
  return row.status();
}

absl::StatusOr<int64_t> StartTable::EraseBefore(int64_t time) {
  erase_.BindInt(1, time);
  const absl::StatusOr<bool> row = erase_.Step();
  const int64_t erased = erase_.ChangedRows();
  erase_.Reset();
  if (!row.ok()) return row.status();
  return erased;
}

absl::Status StartTable::Load(absl::Time since, int64_t limit,
                              const std::function<void(const KeptStart&)>& take) {
  load_.BindInt(1, limit);
  absl::StatusOr<bool> row = load_.Step();
  for (; row.ok() && *row; row = load_.Step()) {
    const Boot written = {std::string(load_.Bytes(2)), FromStoredTime(load_.Int(3))};
    const absl::Time time = ByPresentClock(load_.Int(0), written, boot_);
    if (time >= since) take({static_cast<CustomerHash>(load_.Int(1)), time});
  }
  load_.Reset();
  return row.status();
}

}  // namespace cibad
