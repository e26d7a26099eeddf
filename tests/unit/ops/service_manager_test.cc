#include "server/ops/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

// The end of the notification socket that systemd would hold (sd_notify(3)).
class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path_.begin(), path_.end(), address.sun_path);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~ServiceManagerTest() override { close(socket_); }

  // The next message that is there already.
  std::string Received() const {
    std::array<char, 1000> buffer{};
    const ssize_t length = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return length < 0 ? "nothing" : std::string(buffer.data(), length);
  }

  const ConfigFolder folder_;
  const std::string path_ = folder_.File("notify");
  const int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST_F(ServiceManagerTest, TellsTheServiceManager) {
  const ScopedVariable variable("NOTIFY_SOCKET", path_.c_str());
  NotifyReady();
  EXPECT_EQ(Received(), "READY=1");
  NotifyStatus("2 logins\nREADY=1");
  EXPECT_EQ(Received(), "STATUS=2 logins READY=1");
  NotifyStopping();
  EXPECT_EQ(Received(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, TellsNobodyWhereThereIsNoServiceManager) {
  const ScopedVariable variable("NOTIFY_SOCKET", nullptr);
  NotifyReady();
  NotifyStatus("text");
  NotifyStopping();
  EXPECT_EQ(Received(), "nothing");
}

TEST(BootIdTest, IsTheUnitsOrTheSystems) {
  {
    const ScopedVariable variable("CIBAD_BOOT_ID", "of the unit");
    EXPECT_EQ(BootId(), "of the unit");
  }
  const ScopedVariable variable("CIBAD_BOOT_ID", nullptr);
  EXPECT_THAT(BootId(), testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(BootId(), BootId());
}

}  // namespace
}  // namespace cibad
