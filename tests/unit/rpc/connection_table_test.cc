#include "server/rpc/connection_table.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace cibad {
namespace {

sockaddr_storage V4(const char* text) {
  sockaddr_storage peer{};
  peer.ss_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &reinterpret_cast<sockaddr_in*>(&peer)->sin_addr), 1);
  return peer;
}

sockaddr_storage V6(const char* text) {
  sockaddr_storage peer{};
  peer.ss_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text, &reinterpret_cast<sockaddr_in6*>(&peer)->sin6_addr), 1);
  return peer;
}

TEST(SourceOfTest, TellsOnePeerFromAnother) {
  EXPECT_EQ(SourceOf(V4("10.0.0.1")), SourceOf(V4("10.0.0.1")));
  EXPECT_NE(SourceOf(V4("10.0.0.1")), SourceOf(V4("10.0.0.2")));
  EXPECT_EQ(SourceOf(V6("2001:db8:1:2::1")), SourceOf(V6("2001:db8:1:2:ffff::9")))
      << "a peer has as many of these as it likes";
  EXPECT_NE(SourceOf(V6("2001:db8:1:2::1")), SourceOf(V6("2001:db8:1:3::1")));
  EXPECT_EQ(SourceOf(V6("::ffff:10.0.0.1")), SourceOf(V4("10.0.0.1")));
  EXPECT_NE(SourceOf(V6("::ffff:10.0.0.1")), SourceOf(V6("::ffff:10.0.0.2")));
  sockaddr_storage local{};
  local.ss_family = AF_UNIX;
  EXPECT_EQ(SourceOf(local), "");
}

// Numbers count up, so that the latest is known.
class ConnectionTableTest : public ::testing::Test {
 protected:
  void Add(ConnectionTable& table, const std::string& source, int count = 1) {
    for (int i = 0; i < count; ++i)
      table.Add({++last_, static_cast<uint64_t>(last_) + 1000, source});
  }
  int last_ = 0;
};

TEST_F(ConnectionTableTest, IsFullWithSoMany) {
  ConnectionTable table(2);
  EXPECT_FALSE(table.IsFull());
  Add(table, "a");
  EXPECT_FALSE(table.IsFull());
  Add(table, "b");
  EXPECT_TRUE(table.IsFull());
  EXPECT_EQ(table.size(), 2u);
}

TEST_F(ConnectionTableTest, ForgetsThoseThatAreGone) {
  ConnectionTable table(4);
  Add(table, "a", 2);  // 1, 2
  Add(table, "b", 2);  // 3, 4
  EXPECT_EQ(table.Forget([](const Connection& one) { return one.descriptor != 2; }), 3u);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_FALSE(table.IsFull());
  Add(table, "b", 3);
  EXPECT_EQ(table.MakeRoom("c")->source, "b") << "it is counted right after that";
  EXPECT_EQ(table.Forget([](const Connection&) { return true; }), 3u);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_FALSE(table.MakeRoom("c").has_value());
}

TEST_F(ConnectionTableTest, TheLatestOfTheSourceWithTheMostHasToGo) {
  ConnectionTable table(6);
  Add(table, "few", 2);   // 1, 2
  Add(table, "most", 4);  // 3 to 6
  const auto leaving = table.MakeRoom("new");
  ASSERT_TRUE(leaving.has_value());
  EXPECT_EQ(leaving->descriptor, 6);
  EXPECT_EQ(leaving->cookie, 1006u);
  EXPECT_EQ(leaving->source, "most");
  EXPECT_FALSE(table.IsFull());
  Add(table, "new");
  EXPECT_EQ(table.MakeRoom("new")->descriptor, 5);
}

TEST_F(ConnectionTableTest, NobodyGetsMoreAtTheExpenseOfWhoHasAsFew) {
  ConnectionTable table(6);
  Add(table, "a", 3);
  Add(table, "b", 3);
  EXPECT_FALSE(table.MakeRoom("a").has_value()) << "the newcomer has to go";
  EXPECT_TRUE(table.MakeRoom("c").has_value());
  Add(table, "c");  // 2 or 3 of a and b each
  EXPECT_TRUE(table.MakeRoom("c").has_value());
  Add(table, "c");  // 2 each
  EXPECT_FALSE(table.MakeRoom("c").has_value());
  EXPECT_TRUE(table.IsFull()) << "nothing was taken out";
}

TEST_F(ConnectionTableTest, ASourceMustHaveTwoMoreToLoseOne) {
  ConnectionTable table(3);
  Add(table, "a", 1);
  Add(table, "b", 2);
  EXPECT_FALSE(table.MakeRoom("a").has_value()) << "they would take turns for ever";
  EXPECT_TRUE(table.MakeRoom("c").has_value());
}

TEST_F(ConnectionTableTest, OneSourceHasNothingToTakeFrom) {
  ConnectionTable table(2);
  Add(table, "", 2);
  EXPECT_FALSE(table.MakeRoom("").has_value());
}

TEST(ConnectionsOfEachTest, LeavesAQuarterOfTheFilesAndSharesTheRest) {
  EXPECT_EQ(ConnectionsOfEach(10'000, 65'536, 2), 10'000u);
  EXPECT_EQ(ConnectionsOfEach(50'000, 65'536, 2), 24'576u);
  EXPECT_EQ(ConnectionsOfEach(50'000, 65'536, 1), 49'152u);
  EXPECT_EQ(ConnectionsOfEach(10'000, 1024, 1), 768u);
  EXPECT_EQ(ConnectionsOfEach(10'000, 2, 16), 1u);
  EXPECT_EQ(ConnectionsOfEach(10'000, 0, 16), 1u);
}

}  // namespace
}  // namespace cibad
