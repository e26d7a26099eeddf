// A journal of systemd's for one program: what it is sent, by its stream or as datagrams, can be
// searched. The program has to run in a place of its own where /run/systemd/journal is this one's
// folder, which takes root.

#ifndef CIBAD_TESTS_INTEGRATION_FAKE_JOURNAL_H_
#define CIBAD_TESTS_INTEGRATION_FAKE_JOURNAL_H_

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace cibad {

class FakeJournal {
 public:
  // Makes `folder`, and the journal's sockets in it. UNAVAILABLE: it cannot listen there.
  static absl::StatusOr<std::unique_ptr<FakeJournal>> Listen(const std::string& folder);
  ~FakeJournal();
  FakeJournal(const FakeJournal&) = delete;
  FakeJournal& operator=(const FakeJournal&) = delete;

  // What a program is started by to find this journal: it becomes the program.
  std::vector<std::string> Launcher() const;

  // All that has come so far.
  std::string Text() const;

 private:
  FakeJournal(std::string folder, std::vector<int> sockets);
  void ReadAll();

  const std::string folder_;
  std::vector<int> sockets_;  // of the reader: streams, datagrams, then connections
  int wake_[2] = {-1, -1};    // a pipe that ends the reader
  mutable std::mutex mutex_;
  std::string text_;  // under mutex_
  std::thread reader_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_FAKE_JOURNAL_H_
