#include "server/rpc/acceptor.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr char kOne[] = "127.0.0.1";
constexpr char kOther[] = "127.0.0.2";
constexpr char kThird[] = "127.0.0.3";

// Owns what the acceptor lets in, as gRPC does.
class Owner {
 public:
  ~Owner() {
    for (const int descriptor : taken_) close(descriptor);
  }
  void Take(int descriptor) {
    const std::lock_guard lock(mutex_);
    if (on_take_ && taken_.size() == hooked_index_) on_take_();
    taken_.push_back(descriptor);
    changed_.notify_all();
  }
  // Calls the hook when the connection comes as number `index`.
  void OnTake(size_t index, std::function<void()> hook) {
    const std::lock_guard lock(mutex_);
    hooked_index_ = index;
    on_take_ = std::move(hook);
  }
  // The connection that came as number `index`, once it is there.
  int Taken(size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return taken_.size() > index; });
    return taken_[index];
  }
  void Close(size_t index) {
    close(Taken(index));
    const std::lock_guard lock(mutex_);
    taken_[index] = -1;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> taken_;
  size_t hooked_index_ = 0;
  std::function<void()> on_take_;
};

// A peer's side of a connection.
class Peer {
 public:
  Peer(const std::string& address, const char* from)
      : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.find(':') + 1), &port));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    inet_pton(AF_INET, from, &own.sin_addr);
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Peer() { close(descriptor_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Waits until the other side has ended it.
  void ExpectEnded() const {
    pollfd one = {descriptor_, POLLIN, 0};
    constexpr int kLimitMs = 30'000;
    ASSERT_EQ(poll(&one, 1, kLimitMs), 1);
    char byte = 0;
    EXPECT_LE(recv(descriptor_, &byte, 1, 0), 0);
  }
  void Send(char byte) const { EXPECT_EQ(send(descriptor_, &byte, 1, MSG_NOSIGNAL), 1); }

 private:
  const int descriptor_;
};

class AcceptorTest : public ::testing::Test {
 protected:
  // Lets in at most so many, at one address or at several.
  void Start(size_t most, size_t doors = 1) {
    std::vector<Acceptor::Door> all;
    for (size_t i = 0; i < doors; ++i) {
      auto sockets = ListeningSocket::Listen("127.0.0.1:0");
      ASSERT_TRUE(sockets.ok()) << sockets.status();
      owners_.push_back(std::make_unique<Owner>());
      all.push_back({std::move(sockets->front()), most,
                     [owner = owners_.back().get()](int descriptor) { owner->Take(descriptor); }});
    }
    acceptor_ =
        std::make_unique<Acceptor>(std::move(all), MonotonicClock(), [this] { ++turned_away_; });
    acceptor_->Start();
  }
  std::unique_ptr<Peer> Connect(const char* from = kOne, size_t door = 0) const {
    return std::make_unique<Peer>(acceptor_->addresses()[door], from);
  }
  // Connects as number `index`, and is let in.
  std::unique_ptr<Peer> Enter(size_t index, const char* from = kOne, size_t door = 0) {
    auto peer = Connect(from, door);
    ExpectWorks(*peer, index, door);
    return peer;
  }
  void ExpectWorks(const Peer& peer, size_t index, size_t door = 0) {
    peer.Send('x');
    pollfd one = {owners_[door]->Taken(index), POLLIN, 0};
    ASSERT_EQ(poll(&one, 1, -1), 1);
    char byte = 0;
    EXPECT_EQ(recv(one.fd, &byte, 1, 0), 1);
    EXPECT_EQ(byte, 'x');
  }

  std::atomic<int> turned_away_ = 0;
  std::vector<std::unique_ptr<Owner>> owners_;
  std::unique_ptr<Acceptor> acceptor_;
};

TEST_F(AcceptorTest, HandsOnWhatComes) {
  ASSERT_NO_FATAL_FAILURE(Start(10, 2));
  const auto first = Enter(0);
  const auto second = Enter(1);
  const auto other_door = Enter(0, kOne, 1);
}

TEST_F(AcceptorTest, OneMoreThanThereMayBeIsClosed) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const auto first = Enter(0);
  const auto second = Enter(1);
  EXPECT_EQ(turned_away_, 0);
  Connect()->ExpectEnded();
  EXPECT_EQ(turned_away_, 1);
  ExpectWorks(*first, 0);
  ExpectWorks(*second, 1);
}

TEST_F(AcceptorTest, AConnectionThatHasEndedMakesRoom) {
  ASSERT_NO_FATAL_FAILURE(Start(2));
  const auto first = Enter(0);
  const auto second = Enter(1);
  owners_[0]->Close(0);
  const auto third = Enter(2);
  ExpectWorks(*second, 1);
}

TEST_F(AcceptorTest, AnotherSourceGetsOneOfTheFirstsLatest) {
  ASSERT_NO_FATAL_FAILURE(Start(3));
  const auto first = Enter(0, kOther);
  const auto second = Enter(1, kOther);
  const auto third = Enter(2, kOther);
  const auto newcomer = Enter(3, kOne);
  third->ExpectEnded();
  EXPECT_EQ(turned_away_, 1);
  ExpectWorks(*first, 0);
  ExpectWorks(*second, 1);
  Connect(kOther)->ExpectEnded();
  ExpectWorks(*newcomer, 3);
}

// The owner closes a connection, and somebody else gets its number, after the acceptor has looked
// whether it is there and before it is to go.
TEST_F(AcceptorTest, ANumberThatIsAnotherFilesByNowIsLeftAlone) {
  ASSERT_NO_FATAL_FAILURE(Start(4));
  const auto first = Enter(0, kOther);
  const auto second = Enter(1, kOther);
  const auto third = Enter(2, kOther);
  const auto fourth = Enter(3, kOther);
  const int number = owners_[0]->Taken(2);
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  std::unique_ptr<Peer> next;
  owners_[0]->OnTake(4, [&] {
    EXPECT_GE(dup2(pair[0], number), 0);
    next = Connect(kThird);  // waits to be taken, so that there is no other look before
  });
  const auto newcomer = Enter(4, kOne);  // in place of the fourth
  ExpectWorks(*next, 5);                 // in place of the third
  EXPECT_EQ(send(pair[1], "y", 1, MSG_NOSIGNAL), 1);
  char byte = 0;
  EXPECT_EQ(recv(number, &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'y');
  close(pair[0]);
  close(pair[1]);
}

TEST_F(AcceptorTest, DoorsTakeNothingFromEachOther) {
  ASSERT_NO_FATAL_FAILURE(Start(1, 2));
  const auto first = Enter(0);
  Connect()->ExpectEnded();
  const auto other_door = Enter(0, kOne, 1);
}

TEST_F(AcceptorTest, AfterStopNobodyIsLetInAndWhoIsInStays) {
  ASSERT_NO_FATAL_FAILURE(Start(10));
  const std::string address = acceptor_->addresses()[0];
  const auto first = Enter(0);
  acceptor_->Stop();
  ExpectWorks(*first, 0);
  EXPECT_TRUE(ListeningSocket::Listen(address).ok()) << "the port is free";
  acceptor_->Stop();
}

}  // namespace
}  // namespace cibad
