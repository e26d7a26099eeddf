// Records as the database keeps them: damaged, of older formats, or somebody's own.

#include <string>

#include "absl/status/statusor.h"
#include "server/store/json_record.h"
#include "server/store/page_token.h"
#include "server/store/record.h"
#include "server/store/sealer.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

constexpr char kLoginId[] = "0123456789ABCDEFGHJKMNPQRS";

// What was read is a login that can be kept, or one that EncodeRecord refuses with a reason.
void CheckLogin(const absl::StatusOr<Login>& login) {
  if (!login.ok()) return RequireLogText(login.status().message(), 256);
  Require(login->id == kLoginId, "a record is of the login that it is kept under");
  const absl::StatusOr<Record> record = EncodeRecord(*login);
  if (!record.ok()) return RequireLogText(record.status().message(), 256);
  const absl::StatusOr<Login> again = DecodeRecord(kLoginId, record->text);
  Require(again.ok() && *again == *login, "what was read is kept as it is");
}

}  // namespace

void FuzzRecord(absl::string_view input) {
  CheckLogin(DecodeRecord(kLoginId, input));
  static_cast<void>(DecodeRecord(kLoginId, input, {"boot", absl::UnixEpoch()}));
}

void FuzzJsonRecord(absl::string_view input) { CheckLogin(DecodeJsonRecord(kLoginId, input)); }

void FuzzPageToken(absl::string_view input) {
  const absl::StatusOr<PagePosition> position = DecodePageToken(input);
  if (!position.ok()) return RequireLogText(position.status().message(), 256);
  Require(EncodePageToken(*position) == input, "one position has one token");
}

void FuzzSealedRecord(absl::string_view input) {
  static const Sealer sealer(
      {SealingKey::FromText("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").value()});
  static const std::string sealed = sealer.Seal(kLoginId, "record").value();
  // libFuzzer learns the genuine one from the comparison.
  Require(sealer.Open(kLoginId, input).ok() == (input == sealed),
          "nobody without the key makes a record");
  // Behind the head that tells the format and the key, the rest of the input in place of the rest.
  constexpr size_t kHeadBytes = 9;
  std::string changed = sealed;
  for (size_t i = 0; i < input.size(); ++i) {
    changed[kHeadBytes + i % (changed.size() - kHeadBytes)] ^= input[i];
  }
  Require(sealer.Open(kLoginId, changed).ok() == (changed == sealed),
          "not one bit of a record can be changed");
}

}  // namespace cibad::fuzz
