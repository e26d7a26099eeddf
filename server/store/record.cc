#include "server/store/record.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/login/boxed.h"
#include "server/login/secret.h"
#include "server/login/shared.h"
#include "server/store/record_members.h"

namespace cibad {
namespace {

// The first byte. Grows when the meaning of a member changes or one is added; the reader then has
// to know the older ones, back to 2. 1 was JSON (json_record.h).
constexpr char kOldestFormat = 2;
constexpr char kRecordFormat = 4;

// Behind the format, the members one after the other, without names: numbers and times as 8 bytes,
// the least significant first, text and lists with their length in front, enumerators by name.
// Decoding this takes a twentieth of the time that JSON took, and a daemon with 100,000 logins to
// read at its start feels it.

class Writer {
 public:
  Writer() {
    constexpr size_t kUsual = 512;
    bytes_.reserve(kUsual);
    bytes_.push_back(kRecordFormat);
  }

  int format() const { return kRecordFormat; }
  template <typename T>
  void operator()(const char* /*name*/, const T& value) {
    Write(value);
  }
  void Write(const std::string& value) { WriteText(value); }
  void Write(bool value) { bytes_.push_back(value ? '\1' : '\0'); }
  void Write(int64_t value) {
    std::array<char, sizeof(value)> bytes;
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
    }
    bytes_.append(bytes.data(), bytes.size());
  }
  void Write(absl::Time value) { Write(ToStoredTime(value)); }
  void Write(absl::Duration value) { Write(absl::ToInt64Nanoseconds(value)); }
  void Write(LoginState value) { WriteText(kStateNames.at(static_cast<size_t>(value))); }
  void Write(Language value) { WriteText(kLanguageNames.at(static_cast<size_t>(value))); }
  void Write(FailureReason value) { WriteText(kReasonNames.at(static_cast<size_t>(value))); }
  template <typename T>
  void Write(const std::optional<T>& value) {
    WriteIfThere(value);
  }
  template <typename T>
  void Write(const Boxed<T>& value) {
    WriteIfThere(value);
  }
  template <typename T>
  void Write(const Shared<T>& value) {
    Write(*value);
  }
  template <typename T>
  void Write(const std::vector<T>& values) {
    Write(static_cast<int64_t>(values.size()));
    for (const T& value : values) Write(value);
  }
  template <typename T>
  void Write(const T& value) {
    VisitMembers(*this, value);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  template <typename Optional>
  void WriteIfThere(const Optional& value) {
    Write(value.has_value());
    if (value.has_value()) Write(*value);
  }
  void WriteText(absl::string_view text) {
    Write(static_cast<int64_t>(text.size()));
    bytes_.append(text.data(), text.size());
  }

  std::string bytes_;
};

// Reads what Writer wrote. Once something is wrong nothing more is read.
class Reader {
 public:
  Reader(int format, absl::string_view bytes) : format_(format), bytes_(bytes) {}

  int format() const { return format_; }
  template <typename T>
  void operator()(const char* /*name*/, T& value) {
    if (ok_) Read(value);
  }
  void Read(std::string& value) {
    const absl::string_view text = ReadText();
    value.assign(text.data(), text.size());
  }
  void Read(bool& value) {
    const absl::string_view byte = Take(1);
    if (!ok_) return;
    value = byte[0] == '\1';
    ok_ = value || byte[0] == '\0';
  }
  void Read(int64_t& value) {
    const absl::string_view bytes = Take(sizeof(value));
    if (!ok_) return;
    uint64_t number = 0;
    for (size_t i = sizeof(value); i > 0; --i) {
      number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
    }
    value = static_cast<int64_t>(number);
  }
  void Read(absl::Time& value) {
    int64_t stored = 0;
    Read(stored);
    value = FromStoredTime(stored);
  }
  void Read(absl::Duration& value) {
    int64_t nanoseconds = 0;
    Read(nanoseconds);
    value = DurationFromStored(nanoseconds);
  }
  void Read(LoginState& value) { ReadName(kStateNames, value); }
  void Read(Language& value) { ReadName(kLanguageNames, value); }
  void Read(FailureReason& value) { ReadName(kReasonNames, value); }
  template <typename T>
  void Read(std::optional<T>& value) {
    value.reset();
    if (T read{}; ReadIfThere(read)) value = std::move(read);
  }
  template <typename T>
  void Read(Boxed<T>& value) {
    value.reset();
    if (T read{}; ReadIfThere(read)) value = std::move(read);
  }
  template <typename T>
  void Read(Shared<T>& value) {
    T& read = value.Edit();
    Read(read);
    if (read == T()) value = Shared<T>();  // which takes no memory
  }
  template <typename T>
  void Read(std::vector<T>& values) {
    values.clear();
    // No element takes less than a byte: a longer list is damage, and must not get its memory.
    for (size_t count = ReadLength(); ok_ && count > 0; --count) Read(values.emplace_back());
  }
  template <typename T>
  void Read(T& value) {
    VisitMembers(*this, value);
  }
  // Whether everything was as Writer writes it, and nothing is left.
  bool AtEnd() const { return ok_ && bytes_.empty(); }

 private:
  template <typename T>
  bool ReadIfThere(T& value) {
    bool there = false;
    Read(there);
    if (ok_ && there) Read(value);
    return there;
  }
  absl::string_view Take(size_t length) {
    ok_ = ok_ && length <= bytes_.size();
    if (!ok_) return {};
    const absl::string_view taken = bytes_.substr(0, length);
    bytes_.remove_prefix(length);
    return taken;
  }
  size_t ReadLength() {
    int64_t length = 0;
    Read(length);
    ok_ = ok_ && length >= 0 && static_cast<uint64_t>(length) <= bytes_.size();
    return ok_ ? static_cast<size_t>(length) : 0;
  }
  absl::string_view ReadText() { return Take(ReadLength()); }
  template <typename Enum, size_t kCount>
  void ReadName(const std::array<const char*, kCount>& names, Enum& value) {
    const absl::string_view name = ReadText();
    for (size_t i = 0; ok_ && i < names.size(); ++i) {
      if (name != names[i]) continue;
      value = static_cast<Enum>(i);
      return;
    }
    ok_ = false;
  }

  const int format_;
  absl::string_view bytes_;
  bool ok_ = true;
};

// By how much the clock of the process that wrote lags that of the present one. What time servers
// correct all the time is not worth a change.
absl::Duration ClockChange(const Boot& written, const Boot& present) {
  constexpr absl::Duration kLeast = absl::Seconds(1);
  if (present.id.empty() || written.id != present.id) return absl::ZeroDuration();
  const absl::Duration change = present.time - written.time;
  return absl::AbsDuration(change) < kLeast ? absl::ZeroDuration() : change;
}

void MoveTimes(Login& login, absl::Duration change) {
  login.create_time += change;
  login.update_time += change;
  login.expire_time += change;
  login.retry_time += change;
  if (login.end_time.has_value()) *login.end_time += change;
  if (login.tokens.has_value()) login.tokens->expire_time += change;
}

absl::Status Refused(const Login& login, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("login ", login.id, " cannot be stored: ", why));
}

}  // namespace

// No caller's name has a zero byte.
std::string RequestKey(absl::string_view caller, absl::string_view request_id) {
  if (caller.empty()) return std::string(request_id);
  return absl::StrCat(caller, absl::string_view("\0", 1), request_id);
}

// Neither a caller's name nor a request_id begins with a zero byte.
std::string CustomerKey(const LoginRequest& request) {
  constexpr absl::string_view kZero("\0", 1);
  std::string key;
  key.reserve(kHeapTextBytes);
  absl::StrAppend(&key, kZero, request.msisdn, kZero, request.customer_token);
  return key;
}

absl::Time ByPresentClock(int64_t stored, const Boot& written, const Boot& present) {
  return FromStoredTime(stored) + ClockChange(written, present);
}

int64_t ToStoredTime(absl::Time time) { return absl::ToUnixNanos(time); }

absl::StatusOr<Record> EncodeRecord(const Login& login, const Boot& boot) {
  if (login.id.empty()) return Refused(login, "it has no id");
  if (HasEnded(login.state) != login.end_time.has_value()) {
    return Refused(login, "end_time must be there when, and only when, the login has ended");
  }
  Writer writer;
  writer.Write(login);
  writer.Write(boot.id);
  writer.Write(boot.time);
  Record record;
  record.text = writer.Take();
  if (record.text.size() > kMaxRecordBytes) {
    return Refused(login, absl::StrCat("it is larger than ", kMaxRecordBytes, " bytes"));
  }
  record.id = login.id;
  record.caller = login.request->caller;
  if (!login.request->request_id.empty()) {
    record.request_key = RequestKey(login.request->caller, login.request->request_id);
  }
  record.customer_key = CustomerKey(*login.request);
  record.create_time = ToStoredTime(login.create_time);
  if (login.end_time.has_value()) record.end_time = ToStoredTime(*login.end_time);
  record.revision = login.revision;
  return record;
}

absl::StatusOr<Login> DecodeRecord(absl::string_view id, absl::string_view text, const Boot& boot) {
  if (!text.empty() && text[0] > kRecordFormat) {
    return absl::DataLossError(absl::StrCat("login ", id, " is stored in format ",
                                            static_cast<int>(text[0]),
                                            ", which this version does not know"));
  }
  Login login;
  if (!text.empty() && text[0] >= kOldestFormat) {
    Reader reader(text[0], text.substr(1));
    reader.Read(login);
    Boot written;
    if (reader.format() >= kFormatOfWaysToFinish) {
      reader.Read(written.id);
      reader.Read(written.time);
    }
    if (reader.AtEnd() && login.id == id) {
      MoveTimes(login, ClockChange(written, boot));
      return login;
    }
  }
  return absl::DataLossError(absl::StrCat("the stored record of login ", id, " is damaged"));
}

}  // namespace cibad
