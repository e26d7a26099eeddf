// Gives each target every file of its corpus, without libFuzzer: what a fuzzer once found stays
// found.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

struct Target {
  const char* name;
  void (*run)(absl::string_view input);
};

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

class Corpus : public ::testing::TestWithParam<Target> {};

// A broken promise or a sanitizer ends the process, which ctest reports with the file's name.
TEST_P(Corpus, IsReadAsPromised) {
  const std::filesystem::path folder =
      std::filesystem::path(CIBAD_FUZZ_FOLDER) / "corpus" / GetParam().name;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), {});
    SCOPED_TRACE(entry.path());
    std::fprintf(stderr, "%s\n", entry.path().c_str());
    GetParam().run(input);
    ++files;
  }
  EXPECT_GT(files, 0) << folder << " is empty";
}

INSTANTIATE_TEST_SUITE_P(
    Fuzz, Corpus,
    ::testing::Values(Target{"answers", FuzzAnswers}, Target{"callback_query", FuzzCallbackQuery},
                      Target{"caller", FuzzCaller}, Target{"caller_config", FuzzCallerConfig},
                      Target{"certificate_name", FuzzCertificateName}, Target{"config", FuzzConfig},
                      Target{"id_token", FuzzIdToken}, Target{"id_token_parts", FuzzIdTokenParts},
                      Target{"json_record", FuzzJsonRecord}, Target{"key_set", FuzzKeySet},
                      Target{"metadata", FuzzMetadata}, Target{"page_token", FuzzPageToken},
                      Target{"phone_number", FuzzPhoneNumber}, Target{"ping", FuzzPing},
                      Target{"record", FuzzRecord}, Target{"request_check", FuzzRequestCheck},
                      Target{"response_headers", FuzzResponseHeaders},
                      Target{"sealed_record", FuzzSealedRecord},
                      Target{"strict_json", FuzzStrictJson}, Target{"userinfo", FuzzUserinfo},
                      Target{"webhook_api", FuzzWebhookApi}),
    [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace cibad::fuzz
