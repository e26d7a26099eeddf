// A till as the API's readers write one: it starts logins and watches them. It keeps gRPC's heavy
// headers out of the tests.

#ifndef CIBAD_TESTS_INTEGRATION_TILL_H_
#define CIBAD_TESTS_INTEGRATION_TILL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cibad/v1/login.pb.h"

namespace cibad {

// The trailing metadatum in which the daemon says when to try again, in milliseconds. An error of a
// call has it as the payload of that name.
inline constexpr char kRetryPushback[] = "grpc-retry-pushback-ms";

// A watch that is open. Ends with the object.
class Watch {
 public:
  virtual ~Watch() = default;

  // Waits for the next message; nothing when the stream has ended.
  virtual std::optional<v1::Login> Next() = 0;

  // How the stream ended. After Next has given nothing.
  virtual absl::Status Finish() = 0;
};

// What the whole of a watch has told.
struct Watched {
  std::vector<v1::Login> logins;
  absl::Status status;

  // The states in order, each once: whether a watch begins before or after a change is chance.
  std::vector<v1::Login::State> States() const;

  // The last message; an empty login if there was none.
  v1::Login Last() const;
};

// How a till proves who it is, in PEM. Without an authority to trust, nothing is encrypted.
struct TillSecurity {
  std::string ca;
  std::string certificate;
  std::string key;
  std::string authorization;  // the header; empty: none
};

// Errors are those of the daemon: the code and message that it gave. A call that takes longer than
// a minute, or a watch longer than four, is DEADLINE_EXCEEDED. Thread-safe.
class Till {
 public:
  // `address` as gRPC writes it: unix:/PATH or HOST:PORT.
  explicit Till(const std::string& address, const TillSecurity& security = {});
  ~Till();

  // From now on calls have this header; empty: none. Not while a call is under way.
  void Authorize(const std::string& header);

  absl::StatusOr<v1::Login> Start(const v1::StartLoginRequest& request);
  absl::StatusOr<v1::Login> Start(const std::string& phone_number);  // asks for Request's scopes
  absl::StatusOr<v1::CheckUserResponse> Check(const v1::CheckUserRequest& request);
  absl::StatusOr<v1::Login> Get(const std::string& id);
  absl::StatusOr<v1::Login> Cancel(const std::string& id);
  absl::StatusOr<v1::Login> Complete(const v1::CompleteLoginRequest& request);
  absl::Status Acknowledge(const std::string& id);
  absl::StatusOr<v1::ListLoginsResponse> List(const v1::ListLoginsRequest& request);
  std::unique_ptr<Watch> Open(const std::string& id);

  // Watches until the stream ends, or until a login in that state was told.
  Watched WatchToEnd(const std::string& id);
  Watched WatchUntil(const std::string& id, v1::Login::State state);

  // What the standard health service says of the service: SERVING or NOT_SERVING.
  absl::StatusOr<std::string> Health(const std::string& service);

  // What gRPC's reflection service answers when asked for its list of services, as bytes.
  absl::StatusOr<std::string> ReflectedServices();

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

// A start with every scope that makes a profile full.
v1::StartLoginRequest Request(const std::string& phone_number);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_TILL_H_
