// A login as the database keeps it: one versioned run of bytes, and beside it the few columns
// that queries need. Progress is left out: it need not survive (login.h).

#ifndef CIBAD_SERVER_STORE_RECORD_H_
#define CIBAD_SERVER_STORE_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"

namespace cibad {

// Far above any login: its parts come from requests and answers that have limits of their own.
inline constexpr int64_t kMaxRecordBytes = 1 << 20;

// One run of the machine, from its boot on. A login's times come from a clock that was set by the
// wall clock when its process started and does not feel it when that is set afterwards. So a
// process that starts later in the same run, but with the wall clock set meanwhile, knows from the
// two times of one boot by how much.
struct Boot {
  std::string id;   // empty: not known
  absl::Time time;  // when it began, by the process's clock
};

struct Record {
  std::string id;
  std::string caller;       // empty: nobody's
  std::string request_key;  // the caller's request_id, in one text; empty: none
  std::string customer_key;
  int64_t create_time = 0;
  std::optional<int64_t> end_time;  // absent: the login has not ended
  int64_t revision = 0;
  std::string text;  // the whole login, but Progress; in the clear
};

// A request_id is its caller's own: the two in one text; without a caller, the request_id alone.
std::string RequestKey(absl::string_view caller, absl::string_view request_id);

// Who is asked, in one text: the number, or the token of a check-in. Never the same as a RequestKey
// or a caller's name, so that nobody can have the store hash a guess.
std::string CustomerKey(const LoginRequest& request);

// A time as the present clock has it that was kept by a process of that run of the machine.
absl::Time ByPresentClock(int64_t stored, const Boot& written, const Boot& present);

// Times are kept as nanoseconds since 1970, which is as fine as the clocks are; an infinite time
// stays one.
int64_t ToStoredTime(absl::Time time);

// INVALID_ARGUMENT: the login cannot be kept: it has no id, an end without `end_time` or the other
// way round, or it is larger than kMaxRecordBytes. The message names the id and nothing else of it.
// `boot` is the machine's present run.
absl::StatusOr<Record> EncodeRecord(const Login& login, const Boot& boot = {});

// The login kept under `id`, its times by the present clock. DATA_LOSS: the text is no record of
// that login; the message names the id only.
absl::StatusOr<Login> DecodeRecord(absl::string_view id, absl::string_view text,
                                   const Boot& boot = {});

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_RECORD_H_
