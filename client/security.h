// What stands between cibactl and the daemon on the network: TLS, and who cibactl is.

#ifndef CIBAD_CLIENT_SECURITY_H_
#define CIBAD_CLIENT_SECURITY_H_

#include <string>

namespace cibad {

// How cibactl proves who it is, and what it trusts: files, as named on the command line, and then
// what was in them.
struct Security {
  bool use_tls = false;
  std::string ca_file;           // PEM; empty: the system's authorities
  std::string certificate_file;  // PEM; with key_file
  std::string key_file;
  std::string token_file;  // one line; `-` is stdin

  std::string ca;
  std::string certificate;
  std::string key;
  std::string token;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_SECURITY_H_
