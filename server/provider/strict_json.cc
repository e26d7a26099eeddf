#include "server/provider/strict_json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using nlohmann::json;

// Watches the parser and remembers the first thing that is valid JSON but is not accepted here.
class Watch {
 public:
  // Returns whether the parser is to keep what it has just read.
  bool See(int depth, json::parse_event_t event, const json& value) {
    if (!objection_.empty()) return false;
    switch (event) {
      case json::parse_event_t::object_start:
        members_.emplace_back();
        SeeStart(depth);
        break;
      case json::parse_event_t::array_start:
        SeeStart(depth);
        break;
      case json::parse_event_t::object_end:
        members_.pop_back();
        break;
      case json::parse_event_t::key:
        SeeText(value);
        if (!members_.back().insert(value.get_ref<const std::string&>()).second) {
          objection_ = "an object names a member twice";
        }
        break;
      case json::parse_event_t::value:
        SeeText(value);
        break;
      case json::parse_event_t::array_end:
        break;
    }
    return objection_.empty();
  }

  const std::string& objection() const { return objection_; }

 private:
  void SeeStart(int depth) {
    if (depth >= kMaxJsonDepth) objection_ = absl::StrCat("nested deeper than ", kMaxJsonDepth);
  }

  void SeeText(const json& value) {
    const auto* text = value.get_ptr<const std::string*>();
    if (text != nullptr && text->find('\0') != std::string::npos) {
      objection_ = "a string holds a NUL character";
    }
  }

  std::vector<std::set<std::string>> members_;  // of each object that is open
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
  Watch watch;
  json parsed = json::parse(
      text.begin(), text.end(),
      [&watch](int depth, json::parse_event_t event, const json& value) {
        return watch.See(depth, event, value);
      },
      /*allow_exceptions=*/false);
  if (!watch.objection().empty()) return absl::InvalidArgumentError(watch.objection());
  if (parsed.is_discarded()) return absl::InvalidArgumentError("not JSON in UTF-8 (RFC 8259)");
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
