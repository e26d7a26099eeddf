// What a worker works with, under a test's control: an HTTP client whose answers the test gives, a
// store whose commits the test lets happen, a clock that the test moves.

#ifndef CIBAD_TESTS_UNIT_ENGINE_FAKES_H_
#define CIBAD_TESTS_UNIT_ENGINE_FAKES_H_

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/engine/watcher.h"
#include "server/http/http_client.h"
#include "server/store/store.h"

namespace cibad {

class FakeHttp : public HttpClient {
 public:
  struct Exchange {
    HttpRequest request;
    std::function<void(HttpResult)> done;
  };

  void Send(HttpRequest request, std::function<void(HttpResult)> done) override {
    exchanges.push_back({std::move(request), std::move(done)});
  }

  // Answers the oldest open request whose URL ends with `path`; fails the test when there is none.
  void Answer(const std::string& path, HttpResult result);
  int CountOpen(const std::string& path) const;

  std::deque<Exchange> exchanges;
};

// Writes wait until the test commits them.
class FakeStore : public Store {
 public:
  void Create(Login login, CreateDone done) override;
  void Update(Login login, WriteDone done) override;
  void Erase(std::string id, WriteDone done) override;
  void EraseEndedBefore(absl::Time time, WriteDone done) override;
  void EraseStartsBefore(absl::Time time, WriteDone done) override;
  void WaitForWrites() override {}
  absl::Status status() const override { return absl::OkStatus(); }
  absl::StatusOr<Login> Get(absl::string_view id) override;
  absl::StatusOr<Login> GetByRequestId(absl::string_view caller,
                                       absl::string_view request_id) override;
  absl::StatusOr<LoginPage> List(const ListQuery& query) override;
  absl::Status LoadUnfinished(const std::function<void(Login)>& take) override;
  // Only the engine asks for starts.
  absl::Status LoadStarts(absl::Time, int64_t,
                          const std::function<void(const KeptStart&)>&) override {
    return absl::OkStatus();
  }
  std::vector<CustomerHash> CustomerHashesOf(const LoginRequest&) override { return {}; }

  // Makes all that waits durable and says so.
  void Commit();
  // Answers all that waits with a failure.
  void Fail();

  std::map<std::string, Login> logins;  // what is durable
  std::deque<std::function<void(bool)>> waiting;
};

// Notes what it is told.
class NotingWatcher : public Watcher {
 public:
  void OnLogin(const Login& login) override { told.push_back(login); }
  void OnRefused(const absl::Status& status) override { refused = status; }

  std::vector<LoginState> States() const;

  std::vector<Login> told;
  absl::Status refused;
};

// A 200 with a JSON body.
HttpResult Ok(const std::string& json);
// An error answer with a JSON body.
HttpResult Refused(int status, const std::string& code);
// No answer at all.
HttpResult Broken(bool may_have_arrived);

// The discovery document of the tests' provider.
inline constexpr char kIssuer[] = "https://provider.test/access/";
std::string MetadataJson();
// A JWKS with one key that signed nothing here: the public example of RFC 7517 appendix A.1.
std::string KeysJson();

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_ENGINE_FAKES_H_
