#include "server/provider/strict_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using nlohmann::json;

// Builds the value as the parser reads it, and stops at the first thing that is valid JSON but is
// not accepted here. The library's own way of looking on while it builds costs twice as much, and
// thousands of answers a second come through here.
class Builder final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(number_integer_t value) override { return Put(value); }
  bool number_unsigned(number_unsigned_t value) override { return Put(value); }
  bool number_float(number_float_t value, const string_t&) override { return Put(value); }
  bool string(string_t& value) override { return CheckText(value) && Put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // there is none in a text

  bool start_object(size_t) override { return Open(json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(json::array()); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    if (!CheckText(name)) return false;
    auto& members = open_.back()->get_ref<json::object_t&>();
    const auto [member, is_new] = members.try_emplace(std::move(name));
    if (!is_new) return Refuse("an object names a member twice");
    member_ = &member->second;
    return true;
  }

  bool parse_error(size_t, const std::string&, const json::exception&) override { return false; }

  // Empty: none.
  const std::string& objection() const { return objection_; }
  json Take() { return std::move(root_); }

 private:
  bool Refuse(std::string why) {
    objection_ = std::move(why);
    return false;
  }

  bool CheckText(const std::string& text) {
    if (!absl::StrContains(text, '\0')) return true;
    return Refuse("a string holds a NUL character");
  }

  // The place of the value that comes next.
  json& Place() {
    if (open_.empty()) return root_;
    if (open_.back()->is_object()) return *member_;
    return open_.back()->emplace_back();
  }

  bool Put(json value) {
    Place() = std::move(value);
    return true;
  }

  bool Open(json empty) {
    if (open_.size() >= kMaxJsonDepth) {
      return Refuse(absl::StrCat("nested deeper than ", kMaxJsonDepth));
    }
    json& place = Place();
    place = std::move(empty);
    open_.push_back(&place);
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  json root_;
  // Each stays where it is while it is open: what holds it gets nothing more before it is closed.
  absl::InlinedVector<json*, kMaxJsonDepth> open_;
  json* member_ = nullptr;  // of the innermost object, whose value comes next
  std::string objection_;
};

// What the library would let pass: it takes a NUL for the end of the text and skips a byte order
// mark.
absl::Status CheckBytes(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("empty");
  if (text.size() > kMaxJsonBytes) {
    return absl::InvalidArgumentError(absl::StrCat("larger than ", kMaxJsonBytes, " bytes"));
  }
  if (absl::StrContains(text, '\0')) return absl::InvalidArgumentError("it holds a NUL byte");
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) {
    return absl::InvalidArgumentError("it begins with a byte order mark (RFC 8259 8.1)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<json> ParseJsonObject(absl::string_view text) {
  if (absl::Status status = CheckBytes(text); !status.ok()) return status;
  Builder builder;
  const bool is_json = json::sax_parse(text.begin(), text.end(), &builder);
  if (!builder.objection().empty()) return absl::InvalidArgumentError(builder.objection());
  if (!is_json) return absl::InvalidArgumentError("not JSON in UTF-8 (RFC 8259)");
  json parsed = builder.Take();
  if (!parsed.is_object()) return absl::InvalidArgumentError("JSON, but not an object");
  return parsed;
}

const json* FindMember(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return nullptr;
  return &*member;
}

const std::string* FindText(const json& object, const char* name) {
  const json* member = FindMember(object, name);
  return member == nullptr ? nullptr : member->get_ptr<const std::string*>();
}

std::string TextOf(const json& object, const char* name) {
  const std::string* text = FindText(object, name);
  return text == nullptr ? "" : *text;
}

}  // namespace cibad
