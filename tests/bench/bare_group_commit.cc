// What a start is measured beside: rows of a login's size, so many in a transaction, in a database
// with the settings of the daemon's store.
//
// usage: bare_group_commit FILE ROWS ROWS_IN_A_GROUP [GROUPS_A_SECOND]
// prints {"rows": …, "cpu_seconds": …, "p50_ms": …, "p99_ms": …}; the last two are of a group, from
// BEGIN to the end of COMMIT. With GROUPS_A_SECOND, a thousand groups come before what is measured:
// until the log has its size, a commit also waits for the file system's own log.

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/measured.h"

namespace {

using cibad::CpuSeconds;
using cibad::Percentile;

void Run(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
  std::fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  using SteadyClock = std::chrono::steady_clock;
  constexpr int kRecordBytes = 260;  // what the daemon keeps of a login, sealed
  const int rows = std::atoi(argv[2]);
  const int group = std::atoi(argv[3]);
  const double rate = argc > 4 ? std::atof(argv[4]) : 0;
  sqlite3* database = nullptr;
  sqlite3_open(argv[1], &database);
  Run(database,
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
      "CREATE TABLE login (id TEXT PRIMARY KEY NOT NULL, create_time INTEGER NOT NULL,"
      " revision INTEGER NOT NULL, record BLOB NOT NULL) STRICT;"
      "CREATE INDEX login_by_create_time ON login (create_time, id);");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO login VALUES (?, ?, 1, ?)", -1, &insert, nullptr);
  const std::string record(kRecordBytes, 'r');
  const int rows_before = rate > 0 ? 1000 * group : 0;
  double before = CpuSeconds();
  auto begin = SteadyClock::now();
  SteadyClock::time_point begin_of_group;
  std::vector<double> times;  // of groups, ms
  for (int i = 0; i < rows_before + rows; ++i) {
    if (i == rows_before) {
      before = CpuSeconds();
      begin = SteadyClock::now();
      times.clear();
    }
    if (i % group == 0) {
      if (i >= rows_before && rate > 0) {
        std::this_thread::sleep_until(
            begin + std::chrono::duration<double>(static_cast<double>(times.size()) / rate));
      }
      begin_of_group = SteadyClock::now();
      Run(database, "BEGIN IMMEDIATE");
    }
    std::string id = std::to_string(i * 2654435761U % 4294967291U);  // scattered, as random ids are
    id.insert(0, 26 - id.size(), '0');
    sqlite3_bind_text(insert, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, i);
    sqlite3_bind_blob(insert, 3, record.data(), kRecordBytes, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) return 1;
    sqlite3_reset(insert);
    if (i % group == group - 1 || i == rows_before + rows - 1) {
      Run(database, "COMMIT");
      times.push_back(
          std::chrono::duration<double, std::milli>(SteadyClock::now() - begin_of_group).count());
    }
  }
  const double cpu_seconds = CpuSeconds() - before;
  std::sort(times.begin(), times.end());
  std::printf(R"({"rows": %d, "cpu_seconds": %.4f, "p50_ms": %.3f, "p99_ms": %.3f})"
              "\n",
              rows, cpu_seconds, Percentile(times, 0.5), Percentile(times, 0.99));
}
