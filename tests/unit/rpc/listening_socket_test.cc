#include "server/rpc/listening_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ListeningSocketTest : public ::testing::Test {
 protected:
  std::string Path() const { return folder_.File("cibad.sock"); }
  std::string Unix() const { return absl::StrCat("unix:", Path()); }

  // Whether somebody answers there.
  static bool Answers(const std::string& path) {
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool answers =
        connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(descriptor);
    return answers;
  }

  const ConfigFolder folder_;
};

TEST_F(ListeningSocketTest, AUnixSocketIsForItsOwnerAndGroupAndGoesWithIt) {
  {
    const auto sockets = ListeningSocket::Listen(Unix());
    ASSERT_TRUE(sockets.ok()) << sockets.status();
    ASSERT_EQ(sockets->size(), 1u);
    EXPECT_EQ(sockets->front().address(), Unix());
    struct stat facts {};
    ASSERT_EQ(stat(Path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0660u);
    EXPECT_TRUE(Answers(Path()));
  }
  EXPECT_FALSE(std::filesystem::exists(Path()));
}

TEST_F(ListeningSocketTest, ASocketThatWasLeftBehindIsReplacedAndAnyOtherFileIsNot) {
  auto left = ListeningSocket::Listen(Unix());
  ASSERT_TRUE(left.ok());
  EXPECT_TRUE(ListeningSocket::Listen(Unix()).ok());

  std::ofstream(Path()) << "somebody's";
  const absl::Status status = ListeningSocket::Listen(Unix()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              StartsWith(absl::StrCat("cannot listen on ", Unix(), ": Address already in use; ")));
  EXPECT_TRUE(std::filesystem::is_regular_file(Path()));
}

TEST_F(ListeningSocketTest, WhatCannotBeMadeSaysWhy) {
  const absl::Status status =
      ListeningSocket::Listen(absl::StrCat("unix:", folder_.File("nowhere/cibad.sock"))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("No such file or directory"));
}

TEST_F(ListeningSocketTest, APortIsFoundAndIsTakenOnce) {
  const auto sockets = ListeningSocket::Listen("127.0.0.1:0");
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  ASSERT_EQ(sockets->size(), 1u);
  const std::string address = sockets->front().address();
  EXPECT_THAT(address, StartsWith("127.0.0.1:"));
  EXPECT_NE(address, "127.0.0.1:0");
  const absl::Status again = ListeningSocket::Listen(address).status();
  EXPECT_EQ(again.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(again.message()), HasSubstr(absl::StrCat("cannot listen on ", address)));
}

TEST_F(ListeningSocketTest, LocalhostIsOnePortOfEachKindThatThereIs) {
  const auto sockets = ListeningSocket::Listen("localhost:0");
  ASSERT_TRUE(sockets.ok()) << sockets.status();
  ASSERT_THAT(sockets->size(), testing::AnyOf(1u, 2u));
  const std::string v4 = sockets->front().address();
  EXPECT_THAT(v4, StartsWith("127.0.0.1:"));
  EXPECT_EQ(sockets->size() == 2, ListeningSocket::Listen("[::1]:0").ok());
  if (sockets->size() == 2) {
    EXPECT_EQ(sockets->back().address(), absl::StrCat("[::1]", v4.substr(v4.find(':'))));
  }
}

TEST_F(ListeningSocketTest, OfOneThatHasMovedOnlyTheNewOneCloses) {
  auto sockets = ListeningSocket::Listen(Unix());
  ASSERT_TRUE(sockets.ok());
  ListeningSocket moved = std::move(sockets->front());
  sockets->clear();
  EXPECT_TRUE(Answers(Path()));
  EXPECT_GE(moved.descriptor(), 0);
}

}  // namespace
}  // namespace cibad
