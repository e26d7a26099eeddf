// A secret and a customer's data, planted and searched for wherever the daemon leaves traces; and
// who cannot get at its memory. What stands in it is secrecy_memory_test.cc's.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/fake_journal.h"
#include "tests/integration/http_get.h"
#include "tests/integration/secrecy_fixture.h"

namespace cibad {
namespace {

using testing::HasSubstr;

// By how the client proves itself.
class TracesTest : public SecrecyTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { Begin(GetParam()); }

  // Calls that are refused, and what they are told.
  std::string Refusals() {
    std::string told = till_->Start(FullRequest("not +47 912 34 567")).status().ToString();
    EXPECT_THAT(told, HasSubstr("INVALID_ARGUMENT"));
    TillSecurity wrong = secrets_->WithToken();
    wrong.authorization += "x";
    for (const TillSecurity& security : {wrong, TillSecurity{wrong.ca, "", "", ""}}) {
      Till stranger(secrets_->tls_address(), security);
      const absl::Status status = stranger.Start(FullRequest(kByHand)).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
      absl::StrAppend(&told, status.ToString());
    }
    return told;
  }

  // The database, its log, its shared memory, while it is open.
  std::string DatabaseFiles() const {
    std::string bytes;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(sandbox_->folder())) {
      if (!absl::StartsWith(entry.path().filename().string(), "cibad.db")) continue;
      ++files;
      bytes += ReadFile(entry.path());
    }
    EXPECT_GE(files, 3);
    return bytes;
  }
};

INSTANTIATE_TEST_SUITE_P(Clients, TracesTest, testing::Values("basic", "post", "partner"),
                         [](const auto& client) { return std::string(client.param); });

TEST_P(TracesTest, OfTheRunningDaemonHoldNoSecretAndNoCustomersData) {
  std::vector<Planted> planted = LogInEveryWay();
  for (const Planted& secret : secrets_->All()) planted.push_back(secret);
  // One that is not over, so that the store has something of it.
  const v1::Login pending = till_->Start(FullRequest("+4740300456")).value();
  till_->WatchUntil(pending.id(), v1::Login::PENDING);
  planted.push_back({"number", "4740300456"});
  planted.push_back({"auth_req_id", LastSeen()["auth_req_id"].get<std::string>()});
  ExpectHasNone("an error", Refusals(), planted);
  for (const char* name : {"cmdline", "environ"}) {
    const std::string shown = ProcFile(name);
    EXPECT_FALSE(shown.empty()) << name;
    ExpectHasNone(name, shown, planted);
  }
  const std::string metrics = HttpGet(secrets_->metrics_port(), "/metrics").value_or("");
  EXPECT_THAT(metrics, HasSubstr("cibad_logins"));
  ExpectHasNone("the metrics", metrics, planted);
  const std::string database = DatabaseFiles();
  EXPECT_THAT(database, HasSubstr(pending.id()));
  ExpectHasNone("the database", database, planted);
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  EXPECT_THAT(daemon_->Log(), HasSubstr(pending.id()));
  ExpectHasNone("the log", daemon_->Log(), planted);
  ExpectHasNone("stdout", daemon_->process().Output(OutputStream::kStdout), planted);
  const std::string trail = AuditTrail();
  EXPECT_THAT(trail, HasSubstr(pending.id()));
  ExpectHasNone("the audit trail", trail, planted);
  ExpectNoViolations();
}

class JournalTest : public SecrecyTest {
 protected:
  void SetUp() override { Prepare("basic", /*audit_file=*/""); }
};

// The log goes to the journal too, as stderr of the unit.
TEST_F(JournalTest, GetsNoSecretAndNoCustomersData) {
  if (getuid() != 0) GTEST_SKIP() << "takes root, to put another journal into the daemon's place";
  const auto journal = FakeJournal::Listen(sandbox_->folder() + "/journal");
  ASSERT_TRUE(journal.ok()) << journal.status();
  std::vector<std::string> trial = (*journal)->Launcher();
  trial.emplace_back("/bin/true");
  auto may = ChildProcess::Start(trial);
  ASSERT_TRUE(may.ok()) << may.status();
  if ((*may)->WaitForExit().value_or(1) != 0)
    GTEST_SKIP() << "this machine does not let us mount: " << (*may)->Output(OutputStream::kStderr);
  ASSERT_NO_FATAL_FAILURE(Serve((*journal)->Launcher()));
  std::vector<Planted> planted = LogInEveryWay();
  for (const Planted& secret : secrets_->All()) planted.push_back(secret);
  const std::string id = MustStart("+4740300456");
  EXPECT_TRUE(Eventually([&] { return absl::StrContains((*journal)->Text(), id); }));
  EXPECT_THAT((*journal)->Text(), HasSubstr("cibad-audit"));
  ExpectHasNone("the journal", (*journal)->Text(), planted);
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  ExpectHasNone("the log", daemon_->Log(), planted);
}

// How often the program leaves a core file in the folder that it is killed in.
int CoreFiles(const std::string& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (absl::StartsWith(entry.path().filename().string(), "core")) ++count;
  }
  return count;
}

TEST_F(SecrecyTest, LeavesNoCoreFileHoweverItEnds) {
  const std::string limits = ProcFile("limits");
  EXPECT_THAT(limits, testing::ContainsRegex("Max core file size +0 +0 "));
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  const std::string folder = sandbox_->folder() + "/cores";
  ASSERT_TRUE(std::filesystem::create_directory(folder));
  ASSERT_EQ(chdir(folder.c_str()), 0);
  constexpr rlimit kAny = {RLIM_INFINITY, RLIM_INFINITY};
  const bool may_limit = setrlimit(RLIMIT_CORE, &kAny) == 0;
  auto other = ChildProcess::Start({"/bin/sh", "-c", "kill -ABRT $$"});
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_TRUE((*other)->WaitForExit().ok());
  const int by_others = CoreFiles(folder);
  for (const int signal : {SIGABRT, SIGSEGV}) {
    ASSERT_NO_FATAL_FAILURE(StartServing());
    // Not even where root lifts the limit.
    prlimit(daemon_->process().pid(), RLIMIT_CORE, &kAny, nullptr);
    daemon_->process().Signal(signal);
    EXPECT_NE(daemon_->process().WaitForExit().value_or(0), 0);
    EXPECT_EQ(CoreFiles(folder), by_others) << signal;
  }
  if (by_others == 0)
    GTEST_SKIP() << "nothing leaves a core file here: " << (may_limit ? "core_pattern" : "limits");
}

constexpr uid_t kNobody = 65534;

// Whether another process of that user can. Root only.
bool UserCan(uid_t user, const std::function<bool()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    const bool is_user = setgroups(0, nullptr) == 0 && setgid(user) == 0 && setuid(user) == 0;
    _exit(is_user && act() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

bool MayOpen(uid_t user, const std::string& path) {
  return UserCan(user, [&] { return open(path.c_str(), O_RDONLY) >= 0; });
}

// As a debugger does, gcore among them.
bool MayTrace(uid_t user, pid_t pid) {
  return UserCan(user, [pid] { return ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0; });
}

uid_t OwnerOf(const std::string& path) {
  struct stat facts {};
  EXPECT_EQ(stat(path.c_str(), &facts), 0) << path;
  return facts.st_uid;
}

TEST_F(SecrecyTest, NotEvenAnotherProgramOfItsUserMayReadItsMemory) {
  if (getuid() != 0) GTEST_SKIP() << "takes root, to be another user";
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  ASSERT_EQ(chown(sandbox_->folder().c_str(), kNobody, kNobody), 0);
  for (const auto& entry : std::filesystem::directory_iterator(sandbox_->folder()))
    ASSERT_EQ(chown(entry.path().c_str(), kNobody, kNobody), 0);
  const std::string user = absl::StrCat(kNobody);
  const std::vector<std::string> as_nobody = {"/usr/bin/setpriv", "--reuid", user,
                                              "--regid",          user,      "--clear-groups"};
  std::vector<std::string> sleeping = as_nobody;
  for (const char* argument : {"/bin/sleep", "60"}) sleeping.emplace_back(argument);
  auto other = ChildProcess::Start(sleeping);
  ASSERT_TRUE(other.ok()) << other.status();
  const auto file_of = [](pid_t pid, const char* name) {
    return absl::StrCat("/proc/", pid, "/", name);
  };
  // Of an ordinary program it may.
  const pid_t ordinary = (*other)->pid();
  EXPECT_TRUE(Eventually([&] { return MayOpen(kNobody, file_of(ordinary, "mem")); }));
  EXPECT_EQ(OwnerOf(file_of(ordinary, "mem")), kNobody);
  if (!MayTrace(kNobody, ordinary)) GTEST_LOG_(INFO) << "nobody may trace anybody here";
  ASSERT_NO_FATAL_FAILURE(Serve(as_nobody));
  const pid_t daemon = daemon_->process().pid();
  for (const char* name : {"mem", "environ", "maps", "auxv", "fd"}) {
    EXPECT_FALSE(MayOpen(kNobody, file_of(daemon, name))) << name;
    EXPECT_EQ(OwnerOf(file_of(daemon, name)), 0U) << name;
  }
  EXPECT_FALSE(MayTrace(kNobody, daemon));
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

}  // namespace
}  // namespace cibad
