// A daemon for cibactl to talk to: a real gRPC server, whose one login the test moves from
// state to state, and which can go away and come back.

#ifndef CIBAD_TESTS_UNIT_CLIENT_FAKE_DAEMON_SERVER_H_
#define CIBAD_TESTS_UNIT_CLIENT_FAKE_DAEMON_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cibad/v1/login.pb.h"

namespace cibad {

class FakeDaemonServer {
 public:
  // What the server has been asked and is to answer.
  struct Script {
    v1::Login login;                // what every call gives
    int revision = 0;               // grows with every change of `login`: watchers are told
    bool cancel_works = true;       // CancelLogin moves the login to CANCELLED
    bool answers_start = true;      // false: StartLogin waits
    std::vector<int> start_errors;  // status codes that the next starts get, in order
    std::string error_message;      // that goes with them
    int read_error = 0;             // status code that WatchLogin, GetLogin and ListLogins get
    std::vector<v1::StartLoginRequest> starts;
    std::vector<v1::ListLoginsRequest> lists;
    int cancels = 0;
    int watches = 0;
    bool stopping = false;
  };

  // `listen`: "unix:PATH", or "127.0.0.1:0" for a free port.
  explicit FakeDaemonServer(const std::string& listen);
  ~FakeDaemonServer();
  FakeDaemonServer(const FakeDaemonServer&) = delete;
  FakeDaemonServer& operator=(const FakeDaemonServer&) = delete;

  // Listens. Aborts the test program where it cannot.
  void Start();
  // The port, where it listens on one.
  int port() const;
  // Breaks every call and closes the socket.
  void Stop();

  // Moves the login to `state`; watchers are told.
  void MoveTo(v1::Login::State state);
  // Changes the script under the server's lock; a changed login is told to watchers.
  void Change(const std::function<void(Script&)>& change);
  // Waits until the script fulfils the condition; false if it does not within the time that a test
  // may take.
  bool WaitUntil(const std::function<bool(const Script&)>& condition);

 private:
  class Service;
  std::unique_ptr<Service> service_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_CLIENT_FAKE_DAEMON_SERVER_H_
