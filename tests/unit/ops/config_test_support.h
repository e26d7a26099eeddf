// A folder with a config and the files that it names, for the tests of LoadConfig.

#ifndef CIBAD_TESTS_UNIT_OPS_CONFIG_TEST_SUPPORT_H_
#define CIBAD_TESTS_UNIT_OPS_CONFIG_TEST_SUPPORT_H_

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace cibad {

class ConfigFolder {
 public:
  ConfigFolder() : path_(std::filesystem::temp_directory_path() / "cibad_config_XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~ConfigFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ConfigFolder(const ConfigFolder&) = delete;
  ConfigFolder& operator=(const ConfigFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  // Writes the file and gives its path.
  std::string Write(const std::string& name, const std::string& contents,
                    mode_t mode = 0600) const {
    std::string file = File(name);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << contents;
    if (chmod(file.c_str(), mode) != 0) std::abort();
    return file;
  }

 private:
  std::string path_;
};

// Sets an environment variable, or unsets it, for as long as this lives.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    had_value_ = before != nullptr;
    if (had_value_) before_ = before;
    Set(value);
  }
  ~ScopedVariable() { Set(had_value_ ? before_.c_str() : nullptr); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void Set(const char* value) const {
    value == nullptr ? unsetenv(name_) : setenv(name_, value, 1);
  }

  const char* name_;
  bool had_value_;
  std::string before_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_OPS_CONFIG_TEST_SUPPORT_H_
