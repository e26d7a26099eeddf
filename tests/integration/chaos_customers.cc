#include "tests/integration/chaos_customers.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/integration/till.h"

namespace cibad {
namespace {

// Later than this after the start nobody decides by a clock.
constexpr int kSlowestSeconds = 15;
constexpr int kSlowestProfileSeconds = 6;
// For those who decide: what they decide counts however long the trouble lasts.
constexpr absl::Duration kLongExpiry = absl::Minutes(5);
constexpr int kFirstHandNumber = 91'000'000;

// Of 100 customers.
constexpr int kApprovers = 34;
constexpr int kDeniers = 16;
constexpr int kSilent = 15;
constexpr int kCancelled = 15;
constexpr int kHandApprovers = 10;  // the rest deny by hand

int Pick(std::mt19937& random, int least, int most) {
  return std::uniform_int_distribution<int>(least, most)(random);
}

// A number of the sandbox's ranges (tests/sandbox/README.md).
std::string RangeNumber(absl::string_view range, int seconds, int index) {
  return absl::StrFormat("%s%02d%03d", range, seconds, index);
}

Customer MakeCustomer(int index, int slow_profiles, std::mt19937& random) {
  const int seconds = Pick(random, 0, kSlowestSeconds);
  int kind = index % 100;
  if (kind < slow_profiles) {
    return {.msisdn = RangeNumber("47404", Pick(random, 2, kSlowestProfileSeconds), index),
            .requested_expiry = kLongExpiry};
  }
  if (kind < kApprovers) {
    return {.msisdn = RangeNumber("47401", seconds, index), .requested_expiry = kLongExpiry};
  }
  kind -= kApprovers;
  if (kind < kDeniers) {
    return {.msisdn = RangeNumber("47402", seconds, index),
            .end = v1::Login::DENIED,
            .requested_expiry = kLongExpiry};
  }
  kind -= kDeniers;
  if (kind < kSilent) return {.msisdn = RangeNumber("47403", 0, index), .end = v1::Login::EXPIRED};
  kind -= kSilent;
  if (kind < kCancelled) {
    return {.msisdn = RangeNumber("47403", 0, index),
            .end = v1::Login::CANCELLED,
            .cancel_after = absl::Milliseconds(Pick(random, 0, 5000)),
            .requested_expiry = kLongExpiry};
  }
  kind -= kCancelled;
  return {.msisdn = absl::StrCat("47", kFirstHandNumber + index),
          .end = kind < kHandApprovers ? v1::Login::COMPLETED : v1::Login::DENIED,
          .decides_by_hand = true,
          .requested_expiry = kLongExpiry};
}

// What the sandbox knows of one customer's login.
struct Seen {
  int requests = 0;  // how often the customer was asked
  std::string state = "never asked";
  int polls = 0;
  int userinfo_requests = 0;
  std::map<std::string, int> violations;  // without those that are zero

  int Of(const std::string& violation) const {
    const auto found = violations.find(violation);
    return found == violations.end() ? 0 : found->second;
  }
};

std::map<std::string, Seen> SeenByPhone(const SandboxProcess& sandbox, Verdict& verdict) {
  std::map<std::string, Seen> by_phone;
  const absl::StatusOr<std::string> text = sandbox.LoginsJson();
  const auto report = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!report.is_object()) {
    verdict.wrongs.push_back(absl::StrCat("no report: ", text.status().ToString()));
    return by_phone;
  }
  for (const auto& [msisdn, count] : report["backchannel_requests_by_phone"].items())
    by_phone[msisdn].requests = count.get<int>();
  int of_logins = 0;
  for (const auto& login : report["logins"]) {
    Seen& seen = by_phone[login["phone"].get<std::string>()];
    seen.state = login["state"].get<std::string>();
    seen.polls = login["polls"].get<int>();
    seen.userinfo_requests = login["userinfo_requests"].get<int>();
    for (const auto& [name, count] : login["violations"].items()) {
      if (count.get<int>() > 0 && name != "total") seen.violations[name] = count.get<int>();
    }
    of_logins += login["violations"]["total"].get<int>();
  }
  const int total = report["violations"]["total"].get<int>();
  if (total != of_logins)
    verdict.wrongs.push_back(absl::StrCat(total - of_logins, " violations of no login"));
  return by_phone;
}

// Whether the one kind of violation is that of a client that could not know that the login was
// over. Tokens that were durable are used at userinfo and never asked for again, and of nothing
// else a till is told CONFIRMED.
bool IsLostAnswer(const Seen& seen, const TillRecord& record) {
  if (seen.violations.size() != 1) return false;
  if (seen.userinfo_requests > 0 || record.was_confirmed) return false;
  if (seen.state == "tokens_given") return seen.Of("second_token_requests") > 0;
  return (seen.state == "denied" || seen.state == "expired") && seen.Of("polls_after_end") > 0;
}

std::string Describe(const Customer& customer, const TillRecord& record, const Seen& seen,
                     bool is_kept) {
  std::string text = absl::StrCat(
      customer.msisdn, ": expected ", v1::Login::State_Name(customer.end), ", is ",
      v1::Login::State_Name(record.last.state()), " ",
      v1::Failure::Reason_Name(record.last.failure().reason()),
      record.was_starting_in_trouble ? ", was starting in trouble" : "",
      record.was_confirmed ? ", was confirmed" : "", is_kept ? ", was kept" : "",
      "; the sandbox: ", seen.state, ", asked ", seen.requests, " times, polled ", seen.polls);
  for (const auto& [name, count] : seen.violations) absl::StrAppend(&text, ", ", name, " ", count);
  if (!record.mistake.empty()) absl::StrAppend(&text, "; the till: ", record.mistake);
  return text;
}

// Whether all is as it should be; counts what is allowed.
bool IsRight(const Customer& customer, const TillRecord& record, const Seen& seen, bool is_kept,
             Verdict& verdict) {
  const v1::Login& login = record.last;
  if (!record.mistake.empty() || seen.requests > 1) return false;
  if (login.state() == customer.end) {
    const bool is_theirs = login.state() != v1::Login::COMPLETED ||
                           login.profile().phone_number() == absl::StrCat("+", customer.msisdn);
    if (!is_theirs || seen.requests != 1) return false;
    if (seen.violations.empty()) return true;
    const bool is_late = seen.violations.size() == 1 && seen.Of("polls_after_expiry") == 1;
    verdict.late_polls += is_late ? 1 : 0;
    return is_late && login.state() == v1::Login::EXPIRED;
  }
  if (login.state() != v1::Login::FAILED) return false;
  if (login.failure().reason() == v1::Failure::PROVIDER_UNAVAILABLE) {
    if (!record.was_starting_in_trouble || seen.requests > 0 || seen.polls > 0) return false;
    ++verdict.unsent_starts;
    return seen.violations.empty();
  }
  if (login.failure().reason() != v1::Failure::INTERRUPTED) return false;
  if (seen.polls == 0 && record.was_starting_in_trouble) {
    ++verdict.interrupted_starts;
    return seen.violations.empty();
  }
  if (is_kept || !IsLostAnswer(seen, record)) return false;
  ++verdict.lost_answers;
  return true;
}

}  // namespace

std::vector<Customer> MakeCustomers(int count, int slow_profiles, std::mt19937& random) {
  std::vector<Customer> customers;
  customers.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) customers.push_back(MakeCustomer(i, slow_profiles, random));
  std::shuffle(customers.begin(), customers.end(), random);
  const auto is_silent = [](const Customer& customer) {
    return customer.end == v1::Login::EXPIRED;
  };
  const auto others = std::stable_partition(customers.begin(), customers.end(), is_silent);
  // Not all of them at once: mixed with as many others.
  const auto mixed = std::min<ptrdiff_t>(2 * (others - customers.begin()), count);
  std::shuffle(customers.begin(), customers.begin() + mixed, random);
  return customers;
}

v1::StartLoginRequest RequestOf(const Customer& customer) {
  v1::StartLoginRequest request = Request(absl::StrCat("+", customer.msisdn));
  request.set_request_id(absl::StrCat("chaos-", customer.msisdn));
  if (customer.requested_expiry.has_value()) {
    request.mutable_requested_expiry()->set_seconds(
        absl::ToInt64Seconds(*customer.requested_expiry));
  }
  return request;
}

absl::Status Decide(const Customer& customer, SandboxProcess& sandbox) {
  return customer.end == v1::Login::COMPLETED ? sandbox.Approve(customer.msisdn)
                                              : sandbox.Deny(customer.msisdn);
}

Verdict Judge(const std::vector<Customer>& customers, const std::vector<TillRecord>& records,
              const SandboxProcess& sandbox, const std::set<std::string>& kept) {
  Verdict verdict;
  std::map<std::string, Seen> by_phone = SeenByPhone(sandbox, verdict);
  for (size_t i = 0; i < records.size(); ++i) {
    const TillRecord& record = records[i];
    const Seen& seen = by_phone[customers[i].msisdn];
    const bool is_kept = kept.contains(record.last.id());
    if (!IsRight(customers[i], record, seen, is_kept, verdict))
      verdict.wrongs.push_back(Describe(customers[i], record, seen, is_kept));
    verdict.pauses.insert(verdict.pauses.end(), record.pauses.begin(), record.pauses.end());
    verdict.breaks += record.breaks;
    verdict.dropped += record.dropped;
  }
  return verdict;
}

}  // namespace cibad
