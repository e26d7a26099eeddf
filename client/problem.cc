#include "client/problem.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/exit_code.h"
#include "client/grpc_daemon.h"

namespace cibad {
namespace {

// gRPC says "failed to connect to all addresses; last error: UNKNOWN: unix:/x: No such file or
// directory". The end is what people know.
absl::string_view LastReason(absl::string_view message) {
  const size_t colon = message.rfind(": ");
  return colon == absl::string_view::npos ? message : message.substr(colon + 2);
}

std::string NoContactHint(absl::string_view message) {
  if (absl::StrContains(message, "ermission denied"))
    return "Your user may not open the socket: only members of the group that owns it may.";
  if (absl::StrContains(message, "CERTIFICATE_VERIFY_FAILED") ||
      absl::StrContains(message, "certificate verify failed")) {
    return "Its certificate is not by an authority that you trust: name the right one with "
           "--ca-file "
           "or CIBAD_CA_FILE.";
  }
  if (absl::StrContains(message, "eer name")) {
    return "Its certificate has another name: give --server with the name that is in it.";
  }
  if (absl::StrContains(message, "WRONG_VERSION_NUMBER") ||
      absl::StrContains(message, "wrong version number")) {
    return "What listens there does not speak TLS: leave https:// and the files out.";
  }
  if (absl::StrContains(message, "andshake") || absl::StrContains(message, "ocket closed") ||
      absl::StrContains(message, "reset by peer")) {
    return "If it needs TLS, give https://HOST:PORT and --ca-file. If it has refused your "
           "certificate: is that still valid, and by the authority that it trusts?";
  }
  return "Is it running? See: systemctl status cibad. Is it elsewhere? Give --server ADDRESS or "
         "set "
         "CIBAD_SERVER.";
}

Problem ExplainNoContact(const absl::Status& status, absl::string_view address) {
  const absl::string_view reason = LastReason(status.message());
  Problem problem;
  problem.code = absl::StatusCodeToString(status.code());
  problem.message = absl::StrCat("cannot reach cibad at ", address, ": ", reason);
  problem.hint = NoContactHint(status.message());
  return problem;
}

std::string AnsweredMessage(const absl::Status& status, absl::string_view address) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("cibad cannot do it now: ", status.message());
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("cibad at ", address, " did not answer within ",
                          absl::FormatDuration(kCallDeadline));
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("what answers at ", address, " does not know this call");
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
      if (!status.message().empty()) return std::string(status.message());
      [[fallthrough]];
    default:
      return absl::StrCat("cibad answered ", absl::StatusCodeToString(status.code()), ": ",
                          status.message());
  }
}

std::string AnsweredHint(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return "Its log says more: journalctl -u cibad";
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("Is it cibad, and as new as this cibactl (", CIBAD_VERSION, ")?");
    case absl::StatusCode::kInvalidArgument:
      return "See: cibactl --help";
    case absl::StatusCode::kNotFound:
      return "What there is: cibactl list";
    case absl::StatusCode::kAlreadyExists:
      return "Give another --request-id, or none; or repeat the first start unchanged.";
    case absl::StatusCode::kUnauthenticated:
      return "Say who you are, as cibad's operator has told you: --certificate-file and "
             "--key-file, "
             "or --token-file, or the --server address that is yours.";
    case absl::StatusCode::kResourceExhausted:
      return "Try again when some of the pending logins have ended: cibactl list --unfinished";
    default:
      return "";
  }
}

}  // namespace

Problem Explain(const CallResult& result, absl::string_view address) {
  const absl::Status& status = result.status;
  const bool unavailable = status.code() == absl::StatusCode::kUnavailable;
  if (unavailable && result.contact == Contact::kNone) return ExplainNoContact(status, address);
  Problem problem;
  problem.code = absl::StatusCodeToString(status.code());
  problem.exit_code = status.code() == absl::StatusCode::kInvalidArgument ? kExitUsage : kExitError;
  problem.hint = AnsweredHint(status.code());
  problem.message =
      unavailable && result.contact == Contact::kBroken
          ? absl::StrCat("the connection to cibad at ", address, " broke: ", status.message())
          : AnsweredMessage(status, address);
  return problem;
}

Problem ExplainLostContact(const CallResult& result, absl::string_view address,
                           absl::string_view login_id) {
  // A watch that the daemon ended before the login did is OK to gRPC, and a loss to us.
  CallResult last = result;
  if (last.status.ok()) last.status = absl::UnavailableError("the daemon ended the watch");
  Problem problem = Explain(last, address);
  problem.hint = absl::StrCat("The login may go on. Go back to it: cibactl watch ", login_id);
  return problem;
}

bool CanPass(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:  // a watch that ended before the login did
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:  // by a daemon that stops
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kInternal:  // how gRPC reports some broken connections
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

}  // namespace cibad
