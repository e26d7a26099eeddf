#include "server/ops/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, CountsLoginsBySalesUnitAndOutcome) {
  Metrics metrics;
  metrics.CountStart("123456");
  metrics.CountStart("123456");
  metrics.CountStart("654321");
  metrics.CountEnd("123456", "COMPLETED", "");
  metrics.CountEnd("123456", "FAILED", "APP_OUTDATED");
  const std::string text = metrics.Text({});
  EXPECT_THAT(text, HasSubstr("cibad_logins_started_total{sales_unit=\"123456\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("cibad_logins_started_total{sales_unit=\"654321\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("cibad_logins_ended_total{reason=\"\",sales_unit=\"123456\","
                              "state=\"COMPLETED\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("cibad_logins_ended_total{reason=\"APP_OUTDATED\","
                              "sales_unit=\"123456\",state=\"FAILED\"} 1\n"));
}

TEST(Metrics, CountsRequestsAndHasEveryKindFromTheStart) {
  Metrics metrics;
  metrics.CountRequest(ProviderEndpoint::kToken, RequestOutcome::kPending);
  metrics.CountRequest(ProviderEndpoint::kToken, RequestOutcome::kPending);
  metrics.CountRequest(ProviderEndpoint::kUserinfo, RequestOutcome::kNoAnswer);
  const std::string text = metrics.Text({});
  const auto line = [](const std::string& endpoint, const std::string& outcome,
                       const std::string& value) {
    return "cibad_provider_requests_total{endpoint=\"" + endpoint + "\",outcome=\"" + outcome +
           "\"} " + value + "\n";
  };
  EXPECT_THAT(text, HasSubstr(line("token", "pending", "2")));
  EXPECT_THAT(text, HasSubstr(line("userinfo", "no_answer", "1")));
  for (const char* endpoint : {"discovery", "keys", "access_token", "backchannel"}) {
    for (const char* outcome :
         {"ok", "pending", "refused", "rate_limited", "invalid", "server_error", "no_answer"}) {
      EXPECT_THAT(text, HasSubstr(line(endpoint, outcome, "0")));
    }
  }
}

TEST(Metrics, CountsLostLinesOfTheAuditTrail) {
  Metrics metrics;
  EXPECT_THAT(metrics.Text({}), HasSubstr("\ncibad_audit_lines_lost_total 0\n"));
  metrics.CountLostAuditLine();
  EXPECT_THAT(metrics.Text({}), HasSubstr("\ncibad_audit_lines_lost_total 1\n"));
}

TEST(Metrics, CountsConnectionsThatWereTurnedAway) {
  Metrics metrics;
  EXPECT_THAT(metrics.Text({}), HasSubstr("\ncibad_connections_turned_away_total 0\n"));
  metrics.CountTurnedAwayConnection();
  EXPECT_THAT(metrics.Text({}), HasSubstr("\ncibad_connections_turned_away_total 1\n"));
}

TEST(Metrics, TellThePresentAsItIs) {
  Metrics metrics;
  Metrics::Present present;
  present.unfinished_logins = 7;
  present.watch_streams = 3;
  present.provider_is_known = true;
  present.audit_can_be_written = true;
  EXPECT_THAT(metrics.Text(present), HasSubstr("\ncibad_logins_unfinished 7\n"));
  EXPECT_THAT(metrics.Text(present), HasSubstr("\ncibad_audit_writable 1\n"));
  EXPECT_THAT(metrics.Text({}), HasSubstr("\ncibad_audit_writable 0\n"));
  EXPECT_THAT(metrics.Text(present), HasSubstr("\ncibad_watch_streams 3\n"));
  EXPECT_THAT(metrics.Text(present), HasSubstr("\ncibad_provider_known 1\n"));
  EXPECT_THAT(metrics.Text(present), HasSubstr("\ncibad_store_writable 0\n"));
  EXPECT_THAT(metrics.Text({}), HasSubstr("\ncibad_logins_unfinished 0\n"));
}

TEST(Metrics, HaveTheSalesUnitsThatThereAre) {
  Metrics metrics;
  Metrics::Present present;
  present.credentials_refused = {{"123456", true}, {"654321", false}};
  std::string text = metrics.Text(present);
  EXPECT_THAT(text, HasSubstr("cibad_sales_unit_credentials_refused{sales_unit=\"123456\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("cibad_sales_unit_credentials_refused{sales_unit=\"654321\"} 0\n"));
  present.credentials_refused = {{"654321", true}};
  text = metrics.Text(present);
  EXPECT_THAT(text, Not(HasSubstr("123456")));
  EXPECT_THAT(text, HasSubstr("cibad_sales_unit_credentials_refused{sales_unit=\"654321\"} 1\n"));
}

TEST(Metrics, TellWhenCertificatesEndWhileThereAreAny) {
  Metrics metrics;
  const std::string certificate = "cibad_tls_certificate_expiry_timestamp_seconds";
  const std::string authority = "cibad_tls_client_ca_expiry_timestamp_seconds";
  EXPECT_THAT(metrics.Text({}), Not(HasSubstr(certificate))) << "0 would be an alarm";
  EXPECT_THAT(metrics.Text({}), Not(HasSubstr(authority)));
  Metrics::Present present;
  present.tls_certificate_end = absl::FromUnixSeconds(1'780'000'000);
  std::string text = metrics.Text(present);
  EXPECT_THAT(text, HasSubstr("\n" + certificate + " 1780000000\n"));
  EXPECT_THAT(text, Not(HasSubstr(authority)));
  present.tls_client_ca_end = absl::FromUnixSeconds(1'790'000'000);
  text = metrics.Text(present);
  EXPECT_THAT(text, HasSubstr("\n" + certificate + " 1780000000\n"));
  EXPECT_THAT(text, HasSubstr("\n" + authority + " 1790000000\n"));
  EXPECT_THAT(metrics.Text({}), Not(HasSubstr(certificate)));
}

TEST(Metrics, LoseNothingThatSeveralThreadsCountWhileOthersRead) {
  constexpr int kThreads = 4;
  constexpr int kEach = 10'000;
  Metrics metrics;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&metrics] {
      for (int j = 0; j < kEach; ++j) {
        metrics.CountRequest(ProviderEndpoint::kToken, RequestOutcome::kOk);
        if (j % 1000 == 0) metrics.Text({});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.Text({}), HasSubstr("{endpoint=\"token\",outcome=\"ok\"} 40000\n"));
}

}  // namespace
}  // namespace cibad
