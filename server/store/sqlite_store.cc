#include "server/store/sqlite_store.h"

#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/store/database.h"
#include "server/store/group_writer.h"
#include "server/store/login_table.h"
#include "server/store/page_token.h"
#include "server/store/record.h"
#include "server/store/sealer.h"
#include "server/store/store_file.h"

namespace cibad {
namespace {

// The same status, saying which login it is about.
absl::Status AboutLogin(absl::string_view id, const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  return NoSuchLogin(id);
}

// The writes keep the record in its stored form: it is made on the caller's thread, of which there
// are several.

class CreateWrite : public Write {
 public:
  CreateWrite(Login login, const Boot& boot, Store::CreateDone done)
      : record_(EncodeRecord(login, boot)), result_(std::move(login)), done_(std::move(done)) {}

  void Apply(LoginTable& table) override {
    if (!record_.ok()) {
      result_ = record_.status();
      return;
    }
    absl::StatusOr<std::optional<Login>> earlier = table.Insert(*record_);
    if (!earlier.ok()) {
      result_ = earlier.status();
    } else if (earlier->has_value()) {
      result_ = **std::move(earlier);
    }
  }

  void Drop() override {
    record_ = Record();
    result_ = Login();
  }

  void Answer(const absl::Status& committed) override {
    if (committed.ok()) {
      done_(std::move(result_));
    } else {
      done_(committed);
    }
  }

 private:
  absl::StatusOr<Record> record_;
  absl::StatusOr<Login> result_;
  Store::CreateDone done_;
};

class UpdateWrite : public Write {
 public:
  UpdateWrite(const Login& login, const Boot& boot, Store::WriteDone done)
      : record_(EncodeRecord(login, boot)), done_(std::move(done)) {}

  void Apply(LoginTable& table) override {
    result_ = record_.ok() ? table.Update(*record_) : record_.status();
  }
  void Drop() override { record_ = Record(); }
  void Answer(const absl::Status& committed) override {
    done_(committed.ok() ? result_ : committed);
  }

 private:
  absl::StatusOr<Record> record_;
  absl::Status result_;
  Store::WriteDone done_;
};

class EraseWrite : public Write {
 public:
  EraseWrite(std::string id, Store::WriteDone done) : id_(std::move(id)), done_(std::move(done)) {}

  void Apply(LoginTable& table) override { erased_ = table.Erase(id_); }
  void Drop() override {}
  void Answer(const absl::Status& committed) override {
    done_(committed.ok() ? AboutLogin(id_, erased_) : committed);
  }
  bool has_erased() const override { return erased_.ok(); }

 private:
  const std::string id_;
  absl::Status erased_;
  Store::WriteDone done_;
};

// Erases what is older than a time.
class EraseOldWrite : public Write {
 public:
  using Erase = absl::StatusOr<int64_t> (*)(LoginTable& table, int64_t time);

  EraseOldWrite(Erase erase, absl::Time time, Store::WriteDone done)
      : erase_(erase), time_(ToStoredTime(time)), done_(std::move(done)) {}

  void Apply(LoginTable& table) override { erased_ = erase_(table, time_); }
  void Drop() override {}
  void Answer(const absl::Status& committed) override {
    done_(committed.ok() ? erased_.status() : committed);
  }
  bool has_erased() const override { return erased_.ok() && *erased_ > 0; }

 private:
  const Erase erase_;
  const int64_t time_;
  absl::StatusOr<int64_t> erased_ = 0;
  Store::WriteDone done_;
};

// Changes nothing; its answer comes after those of all writes before it.
class MarkerWrite : public Write {
 public:
  explicit MarkerWrite(std::promise<void>* answered) : answered_(answered) {}
  void Apply(LoginTable& /*table*/) override {}
  void Drop() override {}
  void Answer(const absl::Status& /*committed*/) override { answered_->set_value(); }

 private:
  std::promise<void>* const answered_;
};

// Between the writes that were asked for before and after it, the keys change.
class KeysWrite : public Write {
 public:
  KeysWrite(Sealer sealer, std::string path, Store::WriteDone done)
      : sealer_(std::move(sealer)), path_(std::move(path)), done_(std::move(done)) {}

  void Apply(LoginTable& table) override {
    const absl::StatusOr<bool> enough = table.CanOpenAll(sealer_);
    result_ = enough.status();
    if (enough.ok() && !*enough) result_ = KeyIsUnknown(path_);
    if (!result_.ok()) return;
    sealer_ = table.ReplaceSealer(std::move(sealer_));
    table_ = &table;
  }
  void Drop() override {}
  void Answer(const absl::Status& committed) override {
    // Without its group the database is as the earlier keys know it, and nothing came in between.
    if (!committed.ok() && table_ != nullptr) table_->ReplaceSealer(std::move(sealer_));
    done_(committed.ok() ? result_ : committed);
  }

 private:
  Sealer sealer_;  // once applied, the earlier one
  const std::string path_;
  absl::Status result_;
  LoginTable* table_ = nullptr;  // where it was applied
  Store::WriteDone done_;
};

}  // namespace

// In the order of their making: the lock goes last, when nothing of the file is open any more, and
// the reader before the writer, which empties the log when it is the last to close.
struct SqliteStore::Parts {
  const std::string path;
  const Boot boot;
  StoreLock lock;
  std::unique_ptr<GroupWriter> writer;
  Database read_database;
  LoginTable read_table;         // read_database and read_table under read_mutex
  std::vector<SealingKey> keys;  // with which read_table opens; under keys_mutex
  std::mutex read_mutex;
  std::mutex keys_mutex;  // one change of keys at a time; taken before read_mutex
};

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path,
                                                               const StoreKeys& keys,
                                                               const SqliteStoreOptions& options) {
  absl::StatusOr<StoreLock> lock = StoreLock::Take(path);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<OpenedStore> opened = OpenStoreFile(path, keys, options.busy_timeout);
  if (!opened.ok()) return opened.status();
  absl::StatusOr<LoginTable> write_table =
      LoginTable::Prepare(opened->database, opened->sealer, options.boot);
  if (!write_table.ok()) return write_table.status();
  absl::StatusOr<Database> read_database =
      Database::Open(path, Database::Access::kReadOnly, options.busy_timeout);
  if (!read_database.ok()) return read_database.status();
  absl::StatusOr<LoginTable> read_table =
      LoginTable::Prepare(*read_database, opened->sealer, options.boot);
  if (!read_table.ok()) return read_table.status();
  auto writer = std::make_unique<GroupWriter>(std::move(opened->database), *std::move(write_table),
                                              path, options.queue_limit, options.on_status);
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::unique_ptr<Parts>(new Parts{path,
                                                       options.boot,
                                                       *std::move(lock),
                                                       std::move(writer),
                                                       *std::move(read_database),
                                                       *std::move(read_table),
                                                       opened->sealer.keys(),
                                                       {},
                                                       {}})));
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

SqliteStore::~SqliteStore() = default;

void SqliteStore::Create(Login login, CreateDone done) {
  parts_->writer->Enqueue(
      std::make_unique<CreateWrite>(std::move(login), parts_->boot, std::move(done)));
}

void SqliteStore::Update(Login login, WriteDone done) {
  parts_->writer->Enqueue(std::make_unique<UpdateWrite>(login, parts_->boot, std::move(done)));
}

void SqliteStore::EraseEndedBefore(absl::Time time, WriteDone done) {
  const auto erase = [](LoginTable& table, int64_t before) {
    return table.EraseEndedBefore(before);
  };
  parts_->writer->Enqueue(std::make_unique<EraseOldWrite>(erase, time, std::move(done)));
}

void SqliteStore::EraseStartsBefore(absl::Time time, WriteDone done) {
  const auto erase = [](LoginTable& table, int64_t before) {
    return table.starts().EraseBefore(before);
  };
  parts_->writer->Enqueue(std::make_unique<EraseOldWrite>(erase, time, std::move(done)));
}

void SqliteStore::Erase(std::string id, WriteDone done) {
  parts_->writer->Enqueue(std::make_unique<EraseWrite>(std::move(id), std::move(done)));
}

absl::StatusOr<Login> SqliteStore::Get(absl::string_view id) {
  const std::lock_guard lock(parts_->read_mutex);
  absl::StatusOr<Login> login = parts_->read_table.Get(id);
  if (!login.ok()) return AboutLogin(id, login.status());
  return login;
}

absl::StatusOr<Login> SqliteStore::GetByRequestId(absl::string_view caller,
                                                  absl::string_view request_id) {
  const std::lock_guard lock(parts_->read_mutex);
  return parts_->read_table.GetByRequestKey(RequestKey(caller, request_id));
}

absl::StatusOr<LoginPage> SqliteStore::List(const ListQuery& query) {
  constexpr int kMaxPageSize = 1000;
  if (query.page_size < 1 || query.page_size > kMaxPageSize) {
    return absl::InvalidArgumentError(absl::StrCat("page_size must be 1 to ", kMaxPageSize));
  }
  PagePosition after;
  after.unfinished_only = query.unfinished_only;
  if (!query.page_token.empty()) {
    absl::StatusOr<PagePosition> given = DecodePageToken(query.page_token);
    if (!given.ok()) return given.status();
    if (given->unfinished_only != query.unfinished_only) {
      return absl::InvalidArgumentError("page_token is of a list with another unfinished_only");
    }
    after = *std::move(given);
  }
  LoginPage page;
  {
    const std::lock_guard lock(parts_->read_mutex);
    // One more than asked for tells whether there is a next page.
    absl::StatusOr<std::vector<Login>> logins =
        parts_->read_table.List(query.caller, after, query.page_size + 1);
    if (!logins.ok()) return logins.status();
    page.logins = *std::move(logins);
  }
  if (page.logins.size() > static_cast<size_t>(query.page_size)) {
    page.logins.pop_back();
    const Login& last = page.logins.back();
    page.next_page_token =
        EncodePageToken({query.unfinished_only, ToStoredTime(last.create_time), last.id});
  }
  return page;
}

absl::Status SqliteStore::LoadUnfinished(const std::function<void(Login)>& take) {
  const std::lock_guard lock(parts_->read_mutex);
  absl::Status status = parts_->read_table.LoadUnfinished(take);
  return absl::IsDataLoss(status) ? StoreIsDamaged(parts_->path, status.message()) : status;
}

absl::Status SqliteStore::LoadStarts(absl::Time since, int64_t limit,
                                     const std::function<void(const KeptStart&)>& take) {
  const std::lock_guard lock(parts_->read_mutex);
  return parts_->read_table.starts().Load(since, limit, take);
}

std::vector<CustomerHash> SqliteStore::CustomerHashesOf(const LoginRequest& request) {
  const std::lock_guard lock(parts_->read_mutex);
  return parts_->read_table.CustomerHashesOf(request);
}

absl::Status SqliteStore::ReplaceKeys(const StoreKeys& keys) {
  if (!keys.key.has_value()) return KeyIsMissing(parts_->path, keys.key_file);
  std::vector<SealingKey> after = {*keys.key};
  after.insert(after.end(), keys.old_keys.begin(), keys.old_keys.end());
  const std::lock_guard keys_lock(parts_->keys_mutex);
  const auto read_with = [this](const std::vector<SealingKey>& some_keys) {
    const std::lock_guard lock(parts_->read_mutex);
    parts_->read_table.ReplaceSealer(Sealer(some_keys));
  };
  // While the writer goes over from some to the others, what is read may be of either.
  std::vector<SealingKey> either = after;
  either.insert(either.end(), parts_->keys.begin(), parts_->keys.end());
  read_with(either);
  std::promise<absl::Status> written;
  parts_->writer->Enqueue(std::make_unique<KeysWrite>(
      Sealer(after), parts_->path,
      [&written](const absl::Status& done) { written.set_value(done); }));
  absl::Status replaced = written.get_future().get();
  if (replaced.ok()) parts_->keys = after;
  read_with(parts_->keys);
  return replaced;
}

void SqliteStore::WaitForWrites() {
  std::promise<void> answered;
  parts_->writer->Enqueue(std::make_unique<MarkerWrite>(&answered));
  answered.get_future().wait();
}

absl::Status SqliteStore::status() const { return parts_->writer->status(); }

int64_t SqliteStore::commit_count() const { return parts_->writer->commit_count(); }

}  // namespace cibad
