// An HTTP proxy (CONNECT, RFC 9110 9.3.6) between the daemon and the sandbox whose only purpose is
// to fail: it cuts every connection at once, in the middle of whatever is being said, and takes no
// new ones for as long as a test wants. The sandbox behind it goes on, and remembers all it was
// asked.

#ifndef CIBAD_TESTS_INTEGRATION_CUTTING_PROXY_H_
#define CIBAD_TESTS_INTEGRATION_CUTTING_PROXY_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace cibad {

// Thread-safe.
class CuttingProxy {
 public:
  // Listens on a free port of 127.0.0.1. Every tunnel leads to `port` there, whatever the CONNECT
  // names.
  static absl::StatusOr<std::unique_ptr<CuttingProxy>> Start(int port);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  std::string url() const;  // http://127.0.0.1:PORT

  // Resets every connection, and takes none until Open is called.
  void Cut();
  void Open();

  // How many connections were cut while they were tunnels.
  int64_t cut_tunnels() const { return cut_tunnels_; }

 private:
  struct Tunnel;

  CuttingProxy(int listener, int listening_port, int target_port);
  void Run();
  void Accept();
  void CutAll();
  void Serve(Tunnel& tunnel);

  const int listener_;
  const int listening_port_;
  const int target_port_;
  const int wake_;  // an eventfd
  std::atomic<bool> is_cut_ = false;
  std::atomic<bool> stops_ = false;
  std::atomic<int64_t> cut_tunnels_ = 0;
  std::list<Tunnel> tunnels_;  // of the thread, which comes last
  std::thread thread_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_CUTTING_PROXY_H_
