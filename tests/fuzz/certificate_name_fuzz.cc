// A name that a client certificate brings, and a pattern of the config for such names: the pattern,
// a line break, the name.

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "server/ops/certificate_name.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

constexpr size_t kMostNameBytes = 256;

// Whether a part of a name is one that the part of a pattern stands for: told from the set of all
// places that the pattern so far can reach in it, so by another way than the daemon's.
bool PartFits(absl::string_view pattern, absl::string_view part) {
  std::vector<bool> reached(part.size() + 1, false);
  reached[0] = true;
  for (const char wanted : pattern) {
    std::vector<bool> next(part.size() + 1, false);
    for (size_t end = 1; end <= part.size(); ++end) {
      next[end] = wanted == '*' ? reached[end - 1] || next[end - 1]
                                : reached[end - 1] && part[end - 1] == wanted;
    }
    reached = next;
  }
  return reached.back();
}

bool Fits(absl::string_view pattern, absl::string_view name) {
  if (pattern == "*") return true;
  const bool is_uri = absl::StrContains(pattern, "://");
  if (is_uri != absl::StrContains(name, "://")) return false;
  const auto parts_of = [is_uri](absl::string_view text) {
    return std::vector<std::string>(is_uri ? absl::StrSplit(std::string(text), '/')
                                           : absl::StrSplit(absl::AsciiStrToLower(text), '.'));
  };
  const std::vector<std::string> patterns = parts_of(pattern);
  const std::vector<std::string> parts = parts_of(name);
  if (patterns.size() != parts.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!PartFits(patterns[i], parts[i])) return false;
  }
  return true;
}

}  // namespace

void FuzzCertificateName(absl::string_view input) {
  const absl::string_view pattern = input.substr(0, input.find('\n'));
  absl::string_view name = input;
  name.remove_prefix(std::min(input.size(), pattern.size() + 1));
  const absl::Status status = CheckCertificatePattern(pattern);
  const bool matches = MatchesCertificateName(pattern, name);
  if (!status.ok()) return RequireLogText(status.message(), 512);
  Require(!pattern.empty() && pattern.size() <= kMostNameBytes, "a pattern is bounded");
  if (!IsCertificateName(name)) return;
  Require(!name.empty() && name.size() <= kMostNameBytes && !absl::StrContains(name, '*'),
          "a name is bounded, and no pattern");
  RequireLogText(name, kMostNameBytes);
  Require(matches == Fits(pattern, name), "a pattern stands for what is said of it");
  Require(CheckCertificatePattern(name).ok() && MatchesCertificateName(name, name),
          "a name is a pattern of itself");
}

}  // namespace cibad::fuzz
