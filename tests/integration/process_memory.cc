#include "tests/integration/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string name;
};

// The mappings that hold data: readable, and not of the kernel's making.
std::vector<Mapping> MappingsOf(pid_t pid) {
  std::ifstream maps(absl::StrCat("/proc/", pid, "/maps"));
  std::vector<Mapping> mappings;
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    char readable = '-';
    int name_at = 0;
    // NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %c%*s %*s %*s %*s %n", &mapping.begin,
                    &mapping.end, &readable, &name_at) != 3 ||
        readable != 'r') {
      continue;
    }
    if (name_at > 0) mapping.name = line.substr(static_cast<size_t>(name_at));
    if (absl::StartsWith(mapping.name, "[v")) continue;  // vdso, vvar, vsyscall
    if (mapping.name.empty()) mapping.name = "anonymous";
    mappings.push_back(mapping);
  }
  return mappings;
}

// Counts where a text begins; `at_most` bounds where that may be.
int CountIn(absl::string_view memory, absl::string_view text, size_t at_most) {
  int count = 0;
  for (size_t at = memory.find(text); at < at_most && at != absl::string_view::npos;
       at = memory.find(text, at + 1)) {
    ++count;
  }
  return count;
}

// Reads on over the borders of chunks, so that nothing that lies across one is missed.
void SearchMapping(int memory, const Mapping& mapping, size_t overlap,
                   const std::vector<std::string>& texts, std::vector<Copies>& found) {
  std::string chunk(kChunkBytes + overlap, '\0');
  for (uint64_t at = mapping.begin; at < mapping.end; at += kChunkBytes) {
    const size_t wanted = std::min<uint64_t>(chunk.size(), mapping.end - at);
    const ssize_t got = pread(memory, chunk.data(), wanted, static_cast<off_t>(at));
    if (got <= 0) continue;  // went meanwhile
    const absl::string_view bytes(chunk.data(), static_cast<size_t>(got));
    for (size_t i = 0; i < texts.size(); ++i) {
      const int count = CountIn(bytes, texts[i], kChunkBytes);
      if (count > 0) found[i][mapping.name] += count;
    }
  }
}

}  // namespace

int Total(const Copies& copies) {
  int total = 0;
  for (const auto& [mapping, count] : copies) total += count;
  return total;
}

absl::StatusOr<std::vector<Copies>> FindInMemory(pid_t pid, const std::vector<std::string>& texts) {
  const int memory = open(absl::StrCat("/proc/", pid, "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) return absl::ErrnoToStatus(errno, "cannot read the memory of the process");
  size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  std::vector<Copies> found(texts.size());
  for (const Mapping& mapping : MappingsOf(pid)) {
    SearchMapping(memory, mapping, longest, texts, found);
  }
  close(memory);
  return found;
}

}  // namespace cibad
