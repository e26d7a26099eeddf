// What opening a store promises: a clear one-line error for each mistake, and a file that is left
// as it was.

#include "server/store/store_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

mode_t ModeOf(const std::string& path) {
  struct stat facts {};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 07777;
}

class StoreFileTest : public ::testing::Test {
 protected:
  // A store with enough in it that its file has many pages, closed.
  void MakeStore() {
    auto store = OpenStore(path_);
    Login login = MakeLogin("a");
    login.request.Edit().reference = std::string(100'000, 'x');
    ASSERT_TRUE(Create(*store, login).ok());
  }

  // That the store does not open, says so in one line with its path in it, and leaves the file
  // alone.
  void ExpectRefused(absl::StatusCode code, const std::string& why) {
    const std::string before = ReadFile(path_);
    const absl::Status status = SqliteStore::Open(path_, KeysOf({1})).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(path_), HasSubstr(why), Not(HasSubstr("\n"))));
    EXPECT_TRUE(ReadFile(path_) == before) << "the file was changed";
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("logins.db");
};

TEST_F(StoreFileTest, FilesAreTheOwnersOnlyWhateverTheUmask) {
  const mode_t old_umask = umask(0);
  auto store = OpenStore(path_);
  ASSERT_TRUE(Create(*store, MakeLogin("a")).ok());
  umask(old_umask);
  for (const std::string suffix : {"", "-wal", "-shm", "-lock"})
    EXPECT_EQ(ModeOf(path_ + suffix), 0600) << suffix;
}

TEST_F(StoreFileTest, LooseModeOfAnExistingFileIsTightened) {
  MakeStore();
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  OpenStore(path_);
  EXPECT_EQ(ModeOf(path_), 0600);
}

TEST_F(StoreFileTest, WriterSyncsEveryCommitAndOverwritesWhatIsErased) {
  absl::StatusOr<StoreLock> lock = StoreLock::Take(path_);
  ASSERT_TRUE(lock.ok()) << lock.status();
  absl::StatusOr<OpenedStore> opened = OpenStoreFile(path_, KeysOf({1}), absl::Seconds(1));
  ASSERT_TRUE(opened.ok()) << opened.status();
  Database* database = &opened->database;
  EXPECT_EQ(*database->QueryText("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(*database->QueryInt("PRAGMA synchronous"), 2) << "2 is FULL";
  EXPECT_EQ(*database->QueryInt("PRAGMA secure_delete"), 1);
}

TEST_F(StoreFileTest, ClosedStoreIsOneFileAndItsLock) {
  MakeStore();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-new"));
}

TEST_F(StoreFileTest, LeftoversOfAStartThatBrokeOffDoNotMatter) {
  WriteFile(path_ + "-new", "half a file");
  WriteFile(path_ + "-new-journal", "and its journal");
  OpenStore(path_);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-new"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "-new-journal"));
}

TEST_F(StoreFileTest, MissingFolderIsNamed) {
  const absl::Status status =
      SqliteStore::Open(folder_.File("none/logins.db"), KeysOf({1})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("cannot use the folder ", folder_.File("none"))));
}

TEST_F(StoreFileTest, FolderThatCannotBeWrittenToIsNamed) {
  // Root may write to every folder of a disk, so the child gives that up.
  ASSERT_EQ(chmod(folder_.path().c_str(), 0555), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (getuid() == 0 && setuid(kNobody) != 0) _exit(1);
    const std::string text = SqliteStore::Open(path_, KeysOf({1})).status().ToString();
    _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::array<char, 1000> buffer{};
  const ssize_t length = read(ends[0], buffer.data(), buffer.size());
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
  ASSERT_EQ(status, 0);
  EXPECT_THAT(std::string(buffer.data(), length),
              AllOf(HasSubstr("PERMISSION_DENIED"),
                    HasSubstr(absl::StrCat("cannot write to the folder ", folder_.path()))));
}

TEST_F(StoreFileTest, SecondOpenerIsRefusedUntilTheFirstIsGone) {
  auto first = OpenStore(path_);
  const absl::Status second = SqliteStore::Open(path_, KeysOf({1})).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.message()),
              AllOf(HasSubstr(path_), HasSubstr("another cibad is using it")));
  EXPECT_TRUE(Create(*first, MakeLogin("a")).ok()) << "the first one is not disturbed";
  first.reset();
  EXPECT_TRUE(SqliteStore::Open(path_, KeysOf({1})).ok());
}

TEST_F(StoreFileTest, TextFileIsNotAStore) {
  WriteFile(path_, "dear diary\n");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "not a store of cibad");
}

TEST_F(StoreFileTest, EmptyFileIsNotAStore) {
  WriteFile(path_, "");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "not a store of cibad");
}

TEST_F(StoreFileTest, DatabaseOfAnotherProgramIsNotAStore) {
  RunSql(path_, "CREATE TABLE bookmarks (url TEXT); PRAGMA user_version = 1");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "not a store of cibad");
}

TEST_F(StoreFileTest, FolderIsNotAStore) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  const absl::Status status = SqliteStore::Open(path_, KeysOf({1})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(path_), HasSubstr("not a regular file")));
}

TEST_F(StoreFileTest, NewerSchemaIsRefused) {
  MakeStore();
  RunSql(path_, "PRAGMA user_version = 99");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "newer cibad (its schema has version 99");
}

// A newer daemon that crashed right after it changed the schema: the header still tells the old
// version.
TEST_F(StoreFileTest, NewerSchemaThatIsStillInTheLogIsRefused) {
  MakeStore();
  const std::string header_before = ReadFile(path_).substr(0, 100);
  sqlite3* newer = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &newer), SQLITE_OK);
  sqlite3_db_config(newer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  ASSERT_EQ(sqlite3_exec(newer, "PRAGMA user_version = 99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(newer);
  ASSERT_EQ(ReadFile(path_).substr(0, 100), header_before);
  const std::string log = ReadFile(path_ + "-wal");
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "newer cibad (its schema has version 99");
  EXPECT_TRUE(ReadFile(path_ + "-wal") == log) << "the log was changed";
}

TEST_F(StoreFileTest, TruncatedFileIsDamaged) {
  MakeStore();
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  ExpectRefused(absl::StatusCode::kDataLoss, "the file is damaged");
}

TEST_F(StoreFileTest, OverwrittenPageIsDamaged) {
  MakeStore();
  std::string bytes = ReadFile(path_);
  constexpr size_t kSecondPage = 4096;
  bytes.replace(kSecondPage, kSecondPage, std::string(kSecondPage, '\x5a'));
  WriteFile(path_, bytes);
  ExpectRefused(absl::StatusCode::kDataLoss, "the file is damaged");
}

TEST_F(StoreFileTest, LogWithoutItsFileIsRefusedAndKept) {
  MakeStore();
  ASSERT_EQ(unlink(path_.c_str()), 0);
  WriteFile(path_ + "-wal", "frames");
  const absl::Status status = SqliteStore::Open(path_, KeysOf({1})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("its write-ahead log"));
  EXPECT_EQ(ReadFile(path_ + "-wal"), "frames");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace cibad
