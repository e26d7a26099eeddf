#include "tests/unit/engine/fakes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cibad {

void FakeHttp::Answer(const std::string& path, HttpResult result) {
  const auto found = std::find_if(
      exchanges.begin(), exchanges.end(),
      [&](const Exchange& exchange) { return absl::EndsWith(exchange.request.url, path); });
  ASSERT_NE(found, exchanges.end()) << "no open request to " << path;
  const auto done = std::move(found->done);
  exchanges.erase(found);
  done(std::move(result));
}

int FakeHttp::CountOpen(const std::string& path) const {
  return static_cast<int>(std::count_if(
      exchanges.begin(), exchanges.end(),
      [&](const Exchange& exchange) { return absl::EndsWith(exchange.request.url, path); }));
}

void FakeStore::Create(Login login, CreateDone done) {
  waiting.push_back([this, login = std::move(login), done = std::move(done)](bool works) {
    if (!works) return done(absl::UnavailableError("the disk is full"));
    logins[login.id] = login;
    done(login);
  });
}

void FakeStore::Update(Login login, WriteDone done) {
  waiting.push_back([this, login = std::move(login), done = std::move(done)](bool works) {
    if (!works) return done(absl::UnavailableError("the disk is full"));
    logins[login.id] = login;
    done(absl::OkStatus());
  });
}

void FakeStore::Erase(std::string, WriteDone done) { done(absl::OkStatus()); }

void FakeStore::EraseEndedBefore(absl::Time, WriteDone done) { done(absl::OkStatus()); }

void FakeStore::EraseStartsBefore(absl::Time, WriteDone done) { done(absl::OkStatus()); }

absl::StatusOr<Login> FakeStore::Get(absl::string_view id) {
  const auto found = logins.find(std::string(id));
  if (found == logins.end()) return absl::NotFoundError("there is no such login");
  return found->second;
}

absl::StatusOr<Login> FakeStore::GetByRequestId(absl::string_view, absl::string_view) {
  return absl::NotFoundError("only the engine asks for this");
}

absl::StatusOr<LoginPage> FakeStore::List(const ListQuery&) { return LoginPage{}; }

absl::Status FakeStore::LoadUnfinished(const std::function<void(Login)>& take) {
  for (const auto& [id, login] : logins) {
    if (!HasEnded(login.state)) take(login);
  }
  return absl::OkStatus();
}

void FakeStore::Commit() {
  for (auto& write : std::exchange(waiting, {})) write(true);
}

void FakeStore::Fail() {
  for (auto& write : std::exchange(waiting, {})) write(false);
}

std::vector<LoginState> NotingWatcher::States() const {
  std::vector<LoginState> states;
  for (const Login& login : told) states.push_back(login.state);
  return states;
}

HttpResult Ok(const std::string& json) {
  HttpResponse response;
  response.status = 200;
  response.headers.Add({"content-type: application/json"});
  response.body = json;
  return response;
}

HttpResult Refused(int status, const std::string& code) {
  HttpResponse response;
  response.status = status;
  response.headers.Add({"content-type: application/json"});
  response.body = absl::StrCat(R"({"error":")", code, R"("})");
  return response;
}

HttpResult Broken(bool may_have_arrived) {
  return HttpError{absl::UnavailableError("connection refused"), may_have_arrived};
}

std::string MetadataJson() {
  return absl::StrCat(R"({"issuer":")", kIssuer, R"(",
    "token_endpoint":"https://provider.test/token",
    "userinfo_endpoint":"https://provider.test/userinfo",
    "jwks_uri":"https://provider.test/jwks",
    "backchannel_authentication_endpoint":"https://provider.test/backchannel"})");
}

std::string KeysJson() {
  return R"({"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"1",
    "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]})";
}

}  // namespace cibad
