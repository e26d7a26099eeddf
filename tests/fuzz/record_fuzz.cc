// Records as the database keeps them: damaged, of older formats, or somebody's own.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
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
  // Sealed once and for all: with a nonce of its own in each run, what libFuzzer learns of the
  // genuine one from the comparison below would be a second genuine one in the next run.
  static const std::string sealed = [] {
    std::string bytes;
    Require(absl::Base64Unescape("ASscZgo/kWlSW+6Gw4GgMhhZ7EPP9ASRm46OYifW+9Kb9QmmXSx/wz9ZUg==",
                                 &bytes),
            "it is base64");
    return bytes;
  }();
  const auto opened = sealer.Open(kLoginId, input);
  Require(opened.ok() == (input == sealed), "nobody without the key makes a record");
  Require(!opened.ok() || *opened == "record", "what was sealed is what is opened");
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
