#include "tests/bench/poll_world.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cibad {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(5);

Login WaitingLogin(int number, absl::Time now) {
  Login login;
  login.id = absl::StrFormat("%026d", number);
  login.revision = 2;
  LoginRequest& request = login.request.Edit();
  request.sales_unit = "123456";
  request.msisdn = absl::StrCat("47", 90'000'000 + number);
  request.scope = "openid name phoneNumber email address birthDate";
  request.binding_message = "AB-123";
  request.reference = absl::StrCat("receipt ", number);
  request.request_id = absl::StrFormat("start-%010d", number);
  login.state = LoginState::kPending;
  login.create_time = now;
  login.update_time = now;
  login.expire_time = now + absl::Hours(24);
  login.auth_req_id = absl::StrFormat("%032d", number);
  login.interval = kInterval;
  return login;
}

HttpResult AuthorizationPending(absl::Time now) {
  HttpResponse response;
  response.status = 400;
  response.headers = {"server: nginx/1.22.1", "date: Fri, 15 Jan 2027 08:00:00 GMT",
                      "content-type: application/json", "content-length: 33"};
  response.body = R"({"error":"authorization_pending"})";
  response.sent_time = now;
  return response;
}

}  // namespace

PollWorld::PollWorld()
    : provider_(kIssuer, ProviderDirectory::Environment{
                             .http = &provider_http_,
                             .clock = [this] { return now_; },
                             .set_alarm = [](absl::Time) {},
                             .post = [](const std::function<void()>& closure) { closure(); },
                         }) {
  auto units = std::make_shared<SalesUnits>();
  (*units)["123456"] =
      SalesUnit{.msn = "123456",
                .client_id = "11111111-2222-3333-4444-555555555555",
                .client_secret = Secret("a-client-secret-of-a-usual-length-0123456")};
  worker_.emplace(Worker::Environment{
      .http = &http_,
      .store = &store_,
      .provider = &provider_,
      .sales_units = units,
      .clock = [this] { return now_; },
      .wall_clock = [this] { return now_; },
      .reports = LoginReports(&metrics_, &credentials_),
      .set_alarm = [this](absl::Time time) { alarm_ = time; },
      .post = [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); },
  });
  provider_.Start();
  provider_http_.Answer("/.well-known/openid-configuration", Ok(MetadataJson()));
}

void PollWorld::AddLogins(int count) {
  for (int i = 0; i < count; ++i) worker_->Hold(WaitingLogin(logins_++, now_));
  worker_->Recover(absl::ZeroDuration());
}

int PollWorld::PollAll() {
  now_ += kInterval + absl::Seconds(2);
  int polls = 0;
  while (alarm_ <= now_) {
    worker_->OnAlarm();
    for (; !http_.exchanges.empty(); ++polls) {
      const std::function<void(HttpResult)> done = std::move(http_.exchanges.front().done);
      http_.exchanges.pop_front();
      done(AuthorizationPending(now_));
    }
  }
  return polls;
}

}  // namespace cibad
