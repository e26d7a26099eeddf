// A planted secret and a planted customer are looked for wherever the running daemon leaves traces:
// its log, its database, its metrics and errors, what the kernel shows of it, and its memory.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "tests/integration/http_get.h"
#include "tests/integration/integration_test.h"
#include "tests/integration/process_memory.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

// How every ID token begins, and no other text of this program: {"alg":
constexpr char kIdTokenBegin[] = "eyJhbGci";

// Of kWaits.
constexpr char kWaitsMsisdn[] = "4791234567";

constexpr int kCopiesOfSecret = 3;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kWipes = false;
#elif defined(__has_feature)
constexpr bool kWipes = !__has_feature(address_sanitizer);
#else
constexpr bool kWipes = true;
#endif

struct Planted {
  std::string what;
  std::string text;
};

std::vector<std::string> TextsOf(const std::vector<Planted>& planted) {
  std::vector<std::string> texts;
  texts.reserve(planted.size());
  for (const Planted& one : planted) texts.push_back(one.text);
  return texts;
}

// A till that asks for all there is.
v1::StartLoginRequest FullRequest(const std::string& phone_number) {
  v1::StartLoginRequest request = Request(phone_number);
  request.add_scopes("nin");
  return request;
}

class SecrecyTest : public IntegrationTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    const std::string config = ReadFile(sandbox_->config_path());
    const std::string talkative = absl::StrReplaceAll(
        config, {{"\"info\"", "\"debug\""}, {"[listen]", "[listen]\nmetrics = \"127.0.0.1:0\""}});
    ASSERT_NE(talkative, config);
    WriteFile(sandbox_->config_path(), talkative);
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }

  std::string ClientSecret() const {
    const std::string line = ReadFile(sandbox_->folder() + "/client_secret");
    return std::string(absl::StripSuffix(line, "\n"));
  }

  // What the provider's client has to keep: its secret, as it is and as HTTP's Basic has it.
  std::vector<Planted> Secrets() const {
    const std::string config = ReadFile(sandbox_->config_path());
    const std::string key = "client_id = \"";
    const size_t begin = config.find(key) + key.size();
    const std::string id = config.substr(begin, config.find('"', begin) - begin);
    return {{"client secret", ClientSecret()},
            {"Basic", absl::Base64Escape(absl::StrCat(id, ":", ClientSecret()))}};
  }

  // Runs a login of a customer who waits until the test approves.
  v1::Login Complete(const std::string& phone_number, const std::string& msisdn) {
    const absl::StatusOr<v1::Login> started = till_->Start(FullRequest(phone_number));
    EXPECT_TRUE(started.ok()) << started.status();
    if (!started.ok()) return {};
    till_->WatchUntil(started->id(), v1::Login::PENDING);
    EXPECT_TRUE(sandbox_->Approve(msisdn).ok());
    v1::Login login = till_->WatchToEnd(started->id()).Last();
    EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
    return login;
  }

  // The newest login as the provider saw it.
  nlohmann::json LastSeen() const {
    auto report = nlohmann::json::parse(sandbox_->LoginsJson().value_or(""), nullptr, false);
    return std::move(report["logins"].back());
  }

  // The customer's data and what opened them, of the newest login that the provider saw.
  std::vector<Planted> DataOf(const v1::Login& login) const {
    const nlohmann::json seen = LastSeen();
    return {{"birth date", login.profile().birthdate()},
            {"nin", login.profile().nin()},
            {"email", login.profile().email()},
            {"auth_req_id", seen["auth_req_id"].get<std::string>()},
            {"access token", seen["access_token"].get<std::string>()},
            {"ID token", kIdTokenBegin}};
  }

  absl::StatusOr<std::vector<Copies>> Find(const std::vector<Planted>& planted) {
    return FindInMemory(daemon_->process().pid(), TextsOf(planted));
  }

  // None of the planted is in the daemon's memory, at the latest when other customers have logged
  // in: what is left on the stack of a thread is gone when the thread has worked again.
  void ExpectGoesFromMemory(const std::vector<Planted>& planted) {
    std::vector<Copies> left;
    constexpr int kOthers = 30;
    for (int i = 0; i < kOthers; ++i) {
      left = Find(planted).value();
      if (std::all_of(left.begin(), left.end(), [](const Copies& one) { return one.empty(); }))
        return;
      const std::string other = MustStart(kApproves);
      till_->WatchToEnd(other);
      ASSERT_TRUE(till_->Acknowledge(other).ok());
    }
    for (size_t i = 0; i < planted.size(); ++i) {
      EXPECT_EQ(Total(left[i]), 0)
          << planted[i].what << " in " << absl::StrJoin(left[i], ", ", absl::PairFormatter(": "));
    }
  }

  std::string ProcFile(const std::string& name) {
    return ReadFile(absl::StrCat("/proc/", daemon_->process().pid(), "/", name));
  }
};

std::string Shown(const std::vector<Planted>& planted, const std::vector<Copies>& found) {
  std::string text;
  for (size_t i = 0; i < planted.size(); ++i) {
    absl::StrAppend(&text, planted[i].what, "=", Total(found[i]), " ");
  }
  return text;
}

void ExpectHasNone(const std::string& where, const std::string& text,
                   const std::vector<Planted>& planted) {
  for (const Planted& one : planted) {
    EXPECT_FALSE(absl::StrContains(text, one.text)) << one.what << " in " << where;
  }
}

TEST_F(SecrecyTest, NoTraceOfTheRunningDaemonHoldsASecretOrACustomersData) {
  const v1::Login login = Complete(kWaits, kWaitsMsisdn);
  std::vector<Planted> planted = DataOf(login);
  for (const Planted& secret : Secrets()) planted.push_back(secret);
  planted.push_back({"name", login.profile().name()});
  planted.push_back({"phone number", kWaitsMsisdn + 2});
  for (const Planted& one : planted) ASSERT_GE(one.text.size(), 8U) << one.what;
  // Refused by the daemon, and ended by errors of the provider.
  v1::StartLoginRequest wrong = FullRequest("not +47 912 34 567");
  const absl::Status refused = till_->Start(wrong).status();
  EXPECT_FALSE(refused.ok());
  ExpectHasNone("an error", refused.ToString(), planted);
  for (const char* number : {"+4740000109", "+4740000240", "+4740000310", "+4740000400"}) {
    const v1::Login failed = till_->WatchToEnd(MustStart(number)).Last();
    EXPECT_TRUE(failed.has_failure()) << number;
    ExpectHasNone("a failed login", failed.DebugString(), Secrets());
  }

  for (const char* name : {"cmdline", "environ"}) {
    const std::string shown = ProcFile(name);
    EXPECT_FALSE(shown.empty()) << name;
    ExpectHasNone(name, shown, planted);
  }
  const auto line =
      daemon_->process().WaitForLine(OutputStream::kStderr, "Serving metrics address=");
  ASSERT_TRUE(line.ok()) << line.status();
  const int port = std::stoi(line->substr(line->rfind(':') + 1));
  const std::string metrics = HttpGet(port, "/metrics").value_or("");
  EXPECT_THAT(metrics, HasSubstr("cibad_logins"));
  ExpectHasNone("the metrics", metrics, planted);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(sandbox_->folder())) {
    if (!absl::StartsWith(entry.path().filename().string(), "cibad.db")) continue;
    ++files;
    ExpectHasNone(entry.path(), ReadFile(entry.path()), planted);
  }
  EXPECT_GE(files, 3);  // the database, its log, its shared memory
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  EXPECT_THAT(daemon_->Log(), HasSubstr(login.id()));
  ExpectHasNone("the log", daemon_->Log(), planted);
  ExpectHasNone("stdout", daemon_->process().Output(OutputStream::kStdout), planted);
}

TEST_F(SecrecyTest, NothingOfALoginIsInMemoryOnceItIsAcknowledged) {
  if (!kWipes) GTEST_SKIP() << "the sanitizers' allocator keeps what is freed";
  const absl::StatusOr<v1::Login> started = till_->Start(FullRequest(kWaits));
  ASSERT_TRUE(started.ok()) << started.status();
  till_->WatchUntil(started->id(), v1::Login::PENDING);
  const std::string auth_req_id = LastSeen()["auth_req_id"].get<std::string>();
  const auto pending = Find({{"auth_req_id", auth_req_id}, {"client secret", ClientSecret()}});
  if (absl::IsPermissionDenied(pending.status())) GTEST_SKIP() << "only root may look";
  ASSERT_TRUE(pending.ok()) << pending.status();
  EXPECT_GE(Total((*pending)[0]), 1);  // what is there is found
  EXPECT_GE(Total((*pending)[1]), 1);
  ASSERT_TRUE(sandbox_->Approve(kWaitsMsisdn).ok());
  const v1::Login login = till_->WatchToEnd(started->id()).Last();
  ASSERT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
  ASSERT_TRUE(till_->Acknowledge(login.id()).ok());
  const std::vector<Planted> planted = DataOf(login);
  for (const Planted& one : planted) ASSERT_GE(one.text.size(), 8U) << one.what;
  ExpectGoesFromMemory(planted);
}

TEST_F(SecrecyTest, TheClientSecretIsInMemoryOnlyWhereTheConfigIs) {
  if (!kWipes) GTEST_SKIP() << "the sanitizers' allocator keeps what is freed";
  for (int i = 0; i < 10; ++i) till_->WatchToEnd(MustStart(kApproves));
  const auto found = Find(Secrets());
  if (absl::IsPermissionDenied(found.status())) GTEST_SKIP() << "only root may look";
  ASSERT_TRUE(found.ok()) << found.status();
  // The config's, the service's and the engine's sales units.
  EXPECT_GE(Total((*found)[0]), 1);
  EXPECT_LE(Total((*found)[0]), kCopiesOfSecret) << Shown(Secrets(), *found);
  EXPECT_EQ(Total((*found)[1]), 0);  // between two requests
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
    daemon_->process().Signal(signal);
    EXPECT_NE(daemon_->process().WaitForExit().value_or(0), 0);
    EXPECT_EQ(CoreFiles(folder), by_others) << signal;
  }
  if (by_others == 0)
    GTEST_SKIP() << "nothing leaves a core file here: " << (may_limit ? "core_pattern" : "limits");
}

constexpr uid_t kNobody = 65534;

// Whether another process of that user may open the file. Root only.
bool MayOpen(uid_t user, const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    const bool is_user = setgroups(0, nullptr) == 0 && setgid(user) == 0 && setuid(user) == 0;
    _exit(is_user && open(path.c_str(), O_RDONLY) >= 0 ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
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
  const auto memory_of = [](pid_t pid) { return absl::StrCat("/proc/", pid, "/mem"); };
  // Of an ordinary program it may.
  EXPECT_TRUE(Eventually([&] { return MayOpen(kNobody, memory_of((*other)->pid())); }));
  auto daemon = DaemonProcess::Launch(sandbox_->config_path(), as_nobody);
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  daemon_ = *std::move(daemon);
  const absl::Status serving = daemon_->WaitUntilServing();
  ASSERT_TRUE(serving.ok()) << serving;
  EXPECT_FALSE(MayOpen(kNobody, memory_of(daemon_->process().pid())));
  EXPECT_FALSE(MayOpen(kNobody, absl::StrCat("/proc/", daemon_->process().pid(), "/environ")));
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

// A measurement, for docs/security.md.
TEST_F(SecrecyTest, DISABLED_CountsTheCopiesInMemory) {
  const v1::Login login = Complete(kWaits, kWaitsMsisdn);
  std::vector<Planted> planted = DataOf(login);
  for (const Planted& secret : Secrets()) planted.push_back(secret);
  std::cout << "ended: " << Shown(planted, Find(planted).value()) << std::endl;
  ASSERT_TRUE(till_->Acknowledge(login.id()).ok());
  std::cout << "acknowledged: " << Shown(planted, Find(planted).value()) << std::endl;
  for (int i = 0; i < 50; ++i) {
    const v1::Login other = till_->WatchToEnd(MustStart(kApproves)).Last();
    ASSERT_TRUE(till_->Acknowledge(other.id()).ok());
  }
  std::cout << "after 50 more: " << Shown(planted, Find(planted).value()) << std::endl;
}

// What wiping costs: to be run with a daemon that does, and with one that does not.
TEST_F(SecrecyTest, DISABLED_CountsTheCpuTimeOfLogins) {
  constexpr int kLogins = 2000;
  clockid_t clock{};
  ASSERT_EQ(clock_getcpuclockid(daemon_->process().pid(), &clock), 0);
  timespec before{};
  ASSERT_EQ(clock_gettime(clock, &before), 0);
  std::vector<std::string> ids;
  ids.reserve(kLogins);
  for (int i = 0; i < kLogins; ++i) ids.push_back(MustStart(kApproves));
  for (const std::string& id : ids) {
    ASSERT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
    ASSERT_TRUE(till_->Acknowledge(id).ok());
  }
  timespec after{};
  ASSERT_EQ(clock_gettime(clock, &after), 0);
  const absl::Duration used =
      absl::DurationFromTimespec(after) - absl::DurationFromTimespec(before);
  std::cout << kLogins / absl::ToDoubleSeconds(used) << " logins per second of CPU time"
            << std::endl;
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

}  // namespace
}  // namespace cibad
