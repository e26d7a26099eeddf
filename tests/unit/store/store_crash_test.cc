// The promise that a login which was accepted survives the process, checked by killing the process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/store/sqlite_store.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

// Creates logins 0, 1, 2… and updates each, as fast as it can, and tells through the pipe the
// number of each whose update was answered. Ends by being killed.
[[noreturn]] void WriteForEver(const std::string& path, int pipe_end) {
  auto store = OpenStore(path);
  for (int32_t number = 0;; ++number) {
    Login login = MakeLogin(absl::StrCat(number), number);
    store->Create(login, [](const absl::StatusOr<Login>& created) {
      if (!created.ok()) _exit(1);
    });
    login.revision = 2;
    login.state = LoginState::kPending;
    store->Update(login, [number, pipe_end](const absl::Status& updated) {
      if (!updated.ok()) _exit(2);
      if (write(pipe_end, &number, sizeof(number)) != sizeof(number)) _exit(3);
    });
  }
}

TEST(StoreCrashTest, EveryAnsweredWriteIsThereAfterKill) {
  constexpr int kKills = 3;
  constexpr int kAnsweredBeforeKill = 300;
  const TemporaryFolder folder;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    const std::string path = folder.File(absl::StrCat("logins-", kill_number, ".db"));
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteForEver(path, ends[1]);
    }
    close(ends[1]);
    int32_t answered = -1;
    for (int32_t number = 0; read(ends[0], &number, sizeof(number)) == sizeof(number);) {
      ASSERT_EQ(number, answered + 1) << "answers came out of order";
      answered = number;
      if (answered == kAnsweredBeforeKill) kill(child, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the child ended by itself: " << status;
    ASSERT_GE(answered, kAnsweredBeforeKill);

    auto store = OpenStore(path);
    for (int32_t number = 0; number <= answered; ++number) {
      const absl::StatusOr<Login> login = store->Get(absl::StrCat(number));
      ASSERT_TRUE(login.ok()) << login.status();
      ASSERT_EQ(login->revision, 2) << "login " << number << " lost its answered update";
    }
    EXPECT_TRUE(Create(*store, MakeLogin("after the crash")).ok());
  }
}

}  // namespace
}  // namespace cibad
