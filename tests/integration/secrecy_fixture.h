// What the tests of secrecy stand on: a daemon that holds every secret there is, and logins of
// every kind, whose secrets and personal data the test knows.

#ifndef CIBAD_TESTS_INTEGRATION_SECRECY_FIXTURE_H_
#define CIBAD_TESTS_INTEGRATION_SECRECY_FIXTURE_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/every_secret.h"
#include "tests/integration/integration_test.h"
#include "tests/integration/process_memory.h"

namespace cibad {

// Of a customer who waits for the test's decision. (The usual one is an example of
// libphonenumber's, and stands in its data.)
inline constexpr char kByHand[] = "+47 987 06 543";
inline constexpr char kByHandMsisdn[] = "4798706543";

// Whether the daemon of this build overwrites what it frees (server/ops/wiped_memory.cc).
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kWipes = false;
#elif defined(__has_feature)
inline constexpr bool kWipes = !__has_feature(address_sanitizer);
#else
inline constexpr bool kWipes = true;
#endif

// A till that asks for all there is.
v1::StartLoginRequest FullRequest(const std::string& phone_number);

// None of the planted is in the text.
void ExpectHasNone(const std::string& where, const std::string& text,
                   const std::vector<Planted>& planted);

class SecrecyTest : public IntegrationTest {
 protected:
  void SetUp() override { Begin("basic"); }

  // A sandbox that takes this way to prove a client (SandboxSettings), and the daemon's files.
  void Prepare(const std::string& auth_method, const std::string& audit_file);
  // The same, and the daemon, with an audit trail in a file.
  void Begin(const std::string& auth_method);
  // Starts the daemon as the program that `launcher` becomes.
  void Serve(std::vector<std::string> launcher = {});

  static constexpr char kAuditFile[] = "audit.log";
  std::string AuditTrail() const { return ReadFile(sandbox_->folder() + "/" + kAuditFile); }
  std::string ProcFile(const std::string& name) const;

  // Logs customers in and not in, in every way there is, and acknowledges each login. Gives what
  // was personal or secret of them.
  std::vector<Planted> LogInEveryWay();

  // The same of one login, which is over at the provider.
  static std::vector<Planted> DataOf(const v1::Login& login);
  // What the provider gave out: of each login, and to the sales unit itself.
  std::vector<Planted> DataAtProvider(int most_of_own_token) const;
  // The newest login as the provider saw it.
  nlohmann::json LastSeen() const;

  // Where in the daemon's memory each of the planted stands, but for its first byte: that is what
  // clearing a string overwrites. PERMISSION_DENIED: only root may look.
  absl::StatusOr<std::vector<Copies>> FindInDaemon(const std::vector<Planted>& planted) const;
  // Each of the planted is there no oftener than it may, at the latest when others have logged in:
  // what a connection's buffer holds goes with the next message.
  void ExpectNoMoreThanAllowed(const std::vector<Planted>& planted);
  // Six others, at once, to the end.
  void LogInOthers();

  std::unique_ptr<EverySecret> secrets_;

 private:
  v1::Login End(Till& till, const v1::StartLoginRequest& request, v1::Login::State state);
  v1::Login EndOnWebPage(Till& till, std::vector<Planted>& data);
};

// "client secret=1 …"
std::string Shown(const std::vector<Planted>& planted, const std::vector<Copies>& found);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_SECRECY_FIXTURE_H_
