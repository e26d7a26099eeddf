// What strangers send, given to what reads it: one function for each thing that is read. Each takes
// any bytes, and ends the process (Require) where a promise of the reader's is broken; a crash, a
// sanitizer's report or a timeout is a finding as well. libFuzzer calls them with what it invents
// (fuzzer_main.cc), the tests with the files of corpus/ (replay_test.cc).

#ifndef CIBAD_TESTS_FUZZ_TARGETS_H_
#define CIBAD_TESTS_FUZZ_TARGETS_H_

#include "absl/strings/string_view.h"

namespace cibad::fuzz {

void FuzzAnswers(absl::string_view input);
void FuzzCallbackQuery(absl::string_view input);
void FuzzCaller(absl::string_view input);
void FuzzCallerConfig(absl::string_view input);
void FuzzCertificateName(absl::string_view input);
void FuzzConfig(absl::string_view input);
void FuzzIdToken(absl::string_view input);
void FuzzIdTokenParts(absl::string_view input);
void FuzzJsonRecord(absl::string_view input);
void FuzzKeySet(absl::string_view input);
void FuzzMetadata(absl::string_view input);
void FuzzPageToken(absl::string_view input);
void FuzzPhoneNumber(absl::string_view input);
void FuzzPing(absl::string_view input);
void FuzzRecord(absl::string_view input);
void FuzzRequestCheck(absl::string_view input);
void FuzzResponseHeaders(absl::string_view input);
void FuzzSealedRecord(absl::string_view input);
void FuzzStrictJson(absl::string_view input);
void FuzzUserinfo(absl::string_view input);
void FuzzWebhookApi(absl::string_view input);

}  // namespace cibad::fuzz

#endif  // CIBAD_TESTS_FUZZ_TARGETS_H_
