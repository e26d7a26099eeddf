#include "tests/integration/secrecy_fixture.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cibad {
namespace {

// How every ID token begins, and no other text of this program: {"alg":
constexpr char kIdTokenBegin[] = "eyJhbGci";
// A shorter text could be there by chance.
constexpr size_t kLeastPlantedBytes = 8;

void AddPlanted(std::vector<Planted>& all, const std::string& what, const std::string& text) {
  if (text.empty()) return;
  EXPECT_GE(text.size(), kLeastPlantedBytes) << what;
  all.push_back({what, text, 0});
}

void Append(std::vector<Planted>& all, const std::vector<Planted>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

v1::StartLoginRequest FullRequest(const std::string& phone_number) {
  v1::StartLoginRequest request = Request(phone_number);
  request.add_scopes("nin");
  return request;
}

void ExpectHasNone(const std::string& where, const std::string& text,
                   const std::vector<Planted>& planted) {
  for (const Planted& one : planted) {
    EXPECT_FALSE(absl::StrContains(text, one.text)) << one.what << " in " << where;
  }
}

std::string Shown(const std::vector<Planted>& planted, const std::vector<Copies>& found) {
  std::string text;
  for (size_t i = 0; i < planted.size(); ++i) {
    absl::StrAppend(&text, planted[i].what, "=", Total(found[i]), " ");
  }
  return text;
}

void SecrecyTest::Prepare(const std::string& auth_method, const std::string& audit_file) {
  ASSERT_NO_FATAL_FAILURE(StartSandbox({.auth_method = auth_method}));
  secrets_ = std::make_unique<EverySecret>(sandbox_.get());
  constexpr int kPingFallbackSeconds = 5;
  ASSERT_NO_FATAL_FAILURE(secrets_->Plant(kPingFallbackSeconds, audit_file));
}

void SecrecyTest::Begin(const std::string& auth_method) {
  ASSERT_NO_FATAL_FAILURE(Prepare(auth_method, kAuditFile));
  ASSERT_NO_FATAL_FAILURE(Serve());
}

void SecrecyTest::Serve(std::vector<std::string> launcher) {
  auto daemon = DaemonProcess::Launch(sandbox_->config_path(), std::move(launcher));
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  daemon_ = *std::move(daemon);
  const absl::Status serving = daemon_->WaitUntilServing();
  ASSERT_TRUE(serving.ok()) << serving;
  const absl::Status found = secrets_->Find(*daemon_);
  ASSERT_TRUE(found.ok()) << found;
  till_ = std::make_unique<Till>(Address());
}

std::string SecrecyTest::ProcFile(const std::string& name) const {
  return ReadFile(absl::StrCat("/proc/", daemon_->process().pid(), "/", name));
}

std::vector<Planted> SecrecyTest::LogInEveryWay() {
  std::vector<Planted> data;
  const auto end = [&](Till& till, const v1::StartLoginRequest& request, v1::Login::State state) {
    Append(data, DataOf(End(till, request, state)));
  };
  Till by_token(secrets_->tls_address(), secrets_->WithToken());
  Till by_certificate(secrets_->tls_address(), secrets_->WithCertificate());
  end(*till_, FullRequest(kByHand), v1::Login::COMPLETED);
  end(by_token, FullRequest(kApproves), v1::Login::COMPLETED);
  Append(data, DataOf(EndOnWebPage(by_certificate, data)));
  v1::StartLoginRequest checked_in = FullRequest("");
  checked_in.set_customer_token("sandbox-46700000000");
  AddPlanted(data, "customer token", checked_in.customer_token());
  end(*till_, checked_in, v1::Login::COMPLETED);
  end(by_token, FullRequest(kDenies), v1::Login::DENIED);
  end(*till_, FullRequest(kNeverAnswers), v1::Login::CANCELLED);
  // Refused when asked for; then a bad token answer, ID token, profile.
  for (const char* number : {"+4740000104", "+4740000240", "+4740000310", "+4740000400"})
    end(*till_, FullRequest(number), v1::Login::FAILED);
  v1::CheckUserRequest question;
  question.set_phone_number("+4740100123");
  AddPlanted(data, "number of a question", "4740100123");
  EXPECT_TRUE(till_->Check(question).ok());
  Append(data, DataAtProvider(/*most_of_own_token=*/1));
  return data;
}

v1::Login SecrecyTest::End(Till& till, const v1::StartLoginRequest& request,
                           v1::Login::State state) {
  const absl::StatusOr<v1::Login> started = till.Start(request);
  EXPECT_TRUE(started.ok()) << started.status();
  if (!started.ok()) return {};
  const bool is_asked =
      till.WatchUntil(started->id(), v1::Login::PENDING).Last().state() == v1::Login::PENDING;
  if (is_asked && request.phone_number() == kByHand) {
    EXPECT_TRUE(sandbox_->Approve(kByHandMsisdn).ok());
  }
  if (state == v1::Login::CANCELLED) {
    EXPECT_TRUE(till.Cancel(started->id()).ok());
  }
  v1::Login login = till.WatchToEnd(started->id()).Last();
  EXPECT_EQ(login.state(), state) << login.staff_message();
  EXPECT_TRUE(till.Acknowledge(login.id()).ok());
  return login;
}

v1::Login SecrecyTest::EndOnWebPage(Till& till, std::vector<Planted>& data) {
  constexpr char kNumber[] = "4740100321";
  v1::StartLoginRequest request = FullRequest(absl::StrCat("+", kNumber));
  request.set_redirect_uri("https://shop.example/back");
  request.set_state("planted-state-0001");
  const absl::StatusOr<v1::Login> started = till.Start(request);
  EXPECT_TRUE(started.ok()) << started.status();
  if (!started.ok()) return {};
  till.WatchUntil(started->id(), v1::Login::PENDING);
  std::string location;
  EXPECT_TRUE(Eventually([&] {
    location = sandbox_->Redirect(kNumber).value_or("");
    return !location.empty();
  }));
  const std::string code = location.substr(location.find("code=") + 5);
  AddPlanted(data, "code", code.substr(0, code.find('&')));
  AddPlanted(data, "state", request.state());
  v1::CompleteLoginRequest completion;
  completion.set_id(started->id());
  completion.set_callback_query(location.substr(location.find('?') + 1));
  const absl::StatusOr<v1::Login> login = till.Complete(completion);
  EXPECT_TRUE(login.ok()) << login.status();
  if (!login.ok()) return {};
  EXPECT_EQ(login->state(), v1::Login::COMPLETED) << login->staff_message();
  EXPECT_TRUE(till.Acknowledge(login->id()).ok());
  return *login;
}

std::vector<Planted> SecrecyTest::DataOf(const v1::Login& login) {
  std::vector<Planted> data;
  if (!login.has_profile()) return data;
  const v1::Profile& profile = login.profile();
  AddPlanted(data, "sub", profile.sub());
  AddPlanted(data, "name", profile.name());
  AddPlanted(data, "phone number", profile.phone_number());
  AddPlanted(data, "email", profile.email());
  AddPlanted(data, "birth date", profile.birthdate());
  AddPlanted(data, "nin", profile.nin());
  for (const v1::Address& address : profile.addresses())
    AddPlanted(data, "address", address.street_address());
  return data;
}

std::vector<Planted> SecrecyTest::DataAtProvider(int most_of_own_token) const {
  std::vector<Planted> data;
  const auto report = nlohmann::json::parse(sandbox_->LoginsJson().value_or(""), nullptr, false);
  for (const nlohmann::json& login : report["logins"]) {
    AddPlanted(data, "auth_req_id", login["auth_req_id"].get<std::string>());
    AddPlanted(data, "access token", login["access_token"].get<std::string>());
    AddPlanted(data, absl::StrCat("number ", login["phone"].get<std::string>()),
               login["phone"].get<std::string>());
  }
  AddPlanted(data, "ID token", kIdTokenBegin);
  const auto own_tokens = sandbox_->AccessTokens();
  EXPECT_TRUE(own_tokens.ok()) << own_tokens.status();
  for (const std::string& token : own_tokens.value_or(std::vector<std::string>()))
    data.push_back({"the sales unit's access token", token, most_of_own_token});
  return data;
}

nlohmann::json SecrecyTest::LastSeen() const {
  auto report = nlohmann::json::parse(sandbox_->LoginsJson().value_or(""), nullptr, false);
  return std::move(report["logins"].back());
}

absl::StatusOr<std::vector<Copies>> SecrecyTest::FindInDaemon(
    const std::vector<Planted>& planted) const {
  std::vector<std::string> texts;
  texts.reserve(planted.size());
  for (const Planted& one : planted) texts.push_back(one.text.substr(1));
  return FindInMemory(daemon_->process().pid(), texts);
}

void SecrecyTest::LogInOthers() {
  constexpr int kOthers = 6;
  std::vector<std::string> ids;
  for (int i = 0; i < kOthers; ++i) {
    const auto started = till_->Start(FullRequest(absl::StrCat("+474010078", i)));
    EXPECT_TRUE(started.ok()) << started.status();
    if (started.ok()) ids.push_back(started->id());
  }
  for (const std::string& id : ids) {
    EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
    EXPECT_TRUE(till_->Acknowledge(id).ok());
  }
}

void SecrecyTest::ExpectNoMoreThanAllowed(const std::vector<Planted>& planted) {
  const auto is_too_much = [&](const std::vector<Copies>& found, size_t i) {
    return Total(found[i]) > planted[i].most_in_memory;
  };
  constexpr int kRounds = 10;
  std::vector<Copies> found;
  for (int i = 0; i < kRounds; ++i) {
    found = FindInDaemon(planted).value();
    bool is_fine = true;
    for (size_t one = 0; one < planted.size(); ++one) is_fine &= !is_too_much(found, one);
    if (is_fine) return;
    LogInOthers();
  }
  for (size_t i = 0; i < planted.size(); ++i) {
    EXPECT_FALSE(is_too_much(found, i))
        << planted[i].what << " in " << absl::StrJoin(found[i], ", ", absl::PairFormatter(": "))
        << "; at most " << planted[i].most_in_memory;
  }
}

}  // namespace cibad
