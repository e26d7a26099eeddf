// Who may call, and what each caller may do: the [[caller]] sections of the config as values. The
// API authenticates a call as one of them (rpc/caller.h) and refuses what its policy does not name.

#ifndef CIBAD_SERVER_OPS_CALLER_POLICY_H_
#define CIBAD_SERVER_OPS_CALLER_POLICY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cibad {

// Whatever a list does not name is refused. The one element "*" stands for all.
struct CallerPolicy {
  std::string name;  // unique among the policies; without '/'
  int position = 0;  // in the file: where several fit a caller, the first one is its policy

  // How its callers prove who they are; at least one of the three lists has an element.
  std::vector<std::string> listeners;     // addresses of listen.grpc that only they can reach
  std::vector<std::string> certificates;  // names in client certificates; '*' for a part of one
  std::vector<std::string> token_hashes;  // SHA-256 of bearer tokens, 32 bytes each

  std::vector<std::string> rpcs;         // of LoginService: "StartLogin"
  std::vector<std::string> sales_units;  // merchant serial numbers
  std::string default_sales_unit;        // for starts that name none; empty: the daemon's
  std::vector<std::string> scopes;
  std::vector<std::string> redirect_uris;
  int64_t starts_per_minute = 0;  // of each of its callers
  int64_t pending_logins = 0;     // of each of its callers, at once

  friend bool operator==(const CallerPolicy&, const CallerPolicy&) = default;
};

// By name.
using CallerPolicies = std::map<std::string, std::shared_ptr<const CallerPolicy>>;

// One caller, authenticated.
struct Caller {
  // What its logins belong to: the policy's name, and where a certificate proved it, '/' and the
  // name in the certificate: "tills/till-17.shop.example". So a pattern makes many callers.
  std::string name;
  std::shared_ptr<const CallerPolicy> policy;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CALLER_POLICY_H_
