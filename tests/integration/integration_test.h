// What every integration test stands on: a sandbox provider, a daemon that speaks to it, and a till
// that speaks to the daemon; all of them real, and of this test alone.

#ifndef CIBAD_TESTS_INTEGRATION_INTEGRATION_TEST_H_
#define CIBAD_TESTS_INTEGRATION_INTEGRATION_TEST_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/integration/daemon_process.h"
#include "tests/integration/till.h"
#include "tests/sandbox/sandbox_process.h"

namespace cibad {

// The daemon's service, as the health service names it.
inline constexpr char kService[] = "cibad.v1.LoginService";

// Numbers of the sandbox's customers, by what they do when they are asked
// (tests/sandbox/README.md).
inline constexpr char kApproves[] = "+47 400 00 000";
inline constexpr char kDenies[] = "+47 400 00 020";
inline constexpr char kNeverAnswers[] = "+47 400 00 030";
inline constexpr char kWaits[] = "+47 912 34 567";  // for the test's decision

class IntegrationTest : public testing::Test {
 protected:
  // The sandbox and, unless a test says otherwise, the daemon that knows it.
  void SetUp() override;
  void StartSandbox(const SandboxSettings& settings = {});
  void StartDaemon();     // and waits until it listens
  void StartServing();    // and waits until logins can start
  void StopDaemon();      // expects a clean end
  void RestartServing();  // stops and starts; with a new till

  std::string Address() const { return "unix:" + sandbox_->folder() + "/cibad.sock"; }

  // Starts a login, which must be accepted; gives its id.
  std::string MustStart(const std::string& phone_number);

  // No client of the sandbox has broken a rule, ever.
  void ExpectNoViolations() const;
  // No customer was asked twice.
  void ExpectEachAskedOnce() const;

  std::unique_ptr<SandboxProcess> sandbox_;
  std::unique_ptr<DaemonProcess> daemon_;
  std::unique_ptr<Till> till_;
};

// Waits until the condition holds, asking again and again; each question costs a call to another
// process, which is the pace. Gives up after a while that no healthy machine needs.
bool Eventually(const std::function<bool()>& condition);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_INTEGRATION_TEST_H_
