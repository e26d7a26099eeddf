// Whether the provider takes each sales unit's credentials, as its answers tell. Many logins learn
// it, and it is one fact of the sales unit: it is told when it changes, and not with every login.

#ifndef CIBAD_SERVER_ENGINE_CREDENTIALS_WATCH_H_
#define CIBAD_SERVER_ENGINE_CREDENTIALS_WATCH_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "server/login/event.h"
#include "server/login/refusal.h"

namespace cibad {

// Thread-safe.
class CredentialsWatch {
 public:
  // What is known of one sales unit.
  struct Standing {
    explicit Standing(std::string unit) : sales_unit(std::move(unit)) {}
    const std::string sales_unit;
    std::atomic<bool> is_refused = false;
  };
  // Called when a sales unit's credentials are refused, or no longer, in the order in which that
  // happens; must be short, and not come back here.
  using OnChange = std::function<void(const std::string& sales_unit, bool is_refused)>;

  explicit CredentialsWatch(OnChange on_change = nullptr) : on_change_(std::move(on_change)) {}

  // The sales unit's standing, which lives as long as the watch. Until an answer tells otherwise,
  // its credentials are thought good.
  Standing* Find(const std::string& sales_unit);

  // Takes note of an answer to a request that the sales unit's credentials went with. Cheap where
  // it brings no news.
  void Note(Standing* standing, const Event& event);
  // The same of what an answer was judged to say; `error`, where it refuses them.
  void Note(Standing* standing, CredentialsVerdict verdict, const ProviderError* error);

  // The credentials have been changed: what was known of the old ones counts no more.
  void Forget(const std::string& sales_unit);

 private:
  void Change(Standing& standing, bool is_refused, const ProviderError* error);

  const OnChange on_change_;
  std::mutex mutex_;  // guards what follows, and the change of a standing
  std::map<std::string, std::unique_ptr<Standing>> standings_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_CREDENTIALS_WATCH_H_
