// What cibactl's exit status says, so that a script can branch on it without reading any text.
// `cibactl
// --help` documents the same list.

#ifndef CIBAD_CLIENT_EXIT_CODE_H_
#define CIBAD_CLIENT_EXIT_CODE_H_

#include "cibad/v1/login.pb.h"

namespace cibad {

constexpr int kExitSuccess =
    0;  // `login`, `watch`: COMPLETED; `check-user`: yes; the others: the call worked
constexpr int kExitError = 1;  // the daemon cannot be reached, or refused
constexpr int kExitUsage = 2;  // the command line is wrong, or the daemon says that an argument is
constexpr int kExitDenied = 3;
constexpr int kExitExpired = 4;
constexpr int kExitCancelled = 5;
constexpr int kExitFailed = 6;
constexpr int kExitNoUser = 6;        // `check-user`: a `login` would fail
constexpr int kExitSignalBase = 128;  // left because of a signal: 128 + its number, as shells count

// Whether the login is over. A state that this program does not know yet is not an end.
inline bool HasEnded(const v1::Login& login) {
  return login.state() >= v1::Login::COMPLETED && login.state() <= v1::Login::FAILED;
}

// The exit status of `login` and `watch` for a login that has ended.
inline int ExitCodeOf(const v1::Login& login) {
  switch (login.state()) {
    case v1::Login::COMPLETED:
      return kExitSuccess;
    case v1::Login::DENIED:
      return kExitDenied;
    case v1::Login::EXPIRED:
      return kExitExpired;
    case v1::Login::CANCELLED:
      return kExitCancelled;
    case v1::Login::FAILED:
      return kExitFailed;
    default:
      return kExitError;
  }
}

}  // namespace cibad

#endif  // CIBAD_CLIENT_EXIT_CODE_H_
