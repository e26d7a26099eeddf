#include "client/profile_table.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/json_text.h"
#include "client/text.h"
#include "client/time_left.h"

namespace cibad {
namespace {

constexpr int kNarrowestValue = 16;

class Rows {
 public:
  void Add(absl::string_view key, absl::string_view label, absl::string_view value,
           bool verified = false) {
    if (value.empty()) return;
    rows_.push_back({std::string(key), std::string(label), std::string(value), verified});
  }
  std::vector<Row> Take() { return std::move(rows_); }

 private:
  std::vector<Row> rows_;
};

// As printed on an envelope; where the provider gave no such form, made from the parts.
std::string AddressLines(const v1::Address& address) {
  if (!address.formatted().empty()) return address.formatted();
  std::string lines = address.street_address();
  const absl::string_view gap = address.postal_code().empty() ? "" : " ";
  const std::string town = absl::StrCat(address.postal_code(), gap, address.region());
  for (const std::string& line : {town, address.country()}) {
    if (line.empty()) continue;
    absl::StrAppend(&lines, lines.empty() ? "" : "\n", line);
  }
  return lines;
}

std::string AddressLabel(const v1::Address& address) {
  if (address.address_type().empty()) return "Address";
  return absl::StrCat("Address (", address.address_type(), ")");
}

void AddConsents(const v1::Consents& consents, Rows* rows) {
  rows->Add("consents.heading", "Consents", consents.heading());
  rows->Add("consents.terms", "Terms", consents.terms_description());
  for (int i = 0; i < consents.consents_size(); ++i) {
    const v1::Consents::Consent& consent = consents.consents(i);
    const absl::string_view text =
        consent.text_displayed_to_user().empty() ? consent.id() : consent.text_displayed_to_user();
    rows->Add(absl::StrCat("consents.", i), i == 0 && consents.heading().empty() ? "Consents" : "",
              absl::StrCat(consent.accepted() ? "Yes: " : "No: ", text,
                           consent.required() ? " (required)" : ""));
  }
  for (int i = 0; i < consents.links_size(); ++i) {
    const v1::Consents::Link& link = consents.links(i);
    const absl::string_view gap = link.text().empty() ? "" : ": ";
    rows->Add(absl::StrCat("consents.links.", i), i == 0 ? "Links" : "",
              absl::StrCat(link.text(), gap, link.url()));
  }
  if (consents.has_time_of_consent()) {
    rows->Add("consents.time", "Consents given",
              absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", TimeOf(consents.time_of_consent()),
                               absl::UTCTimeZone()));
  }
}

void AddOtherClaims(const google::protobuf::Struct& claims, Rows* rows) {
  // The map has no order of its own; people and programs want the same one each time.
  std::map<std::string, const google::protobuf::Value*> sorted;
  for (const auto& [name, value] : claims.fields()) sorted[name] = &value;
  for (const auto& [name, value] : sorted) {
    const std::string text = value->kind_case() == google::protobuf::Value::kStringValue
                                 ? value->string_value()
                                 : MessageToJson(*value);
    rows->Add(absl::StrCat("other_claims.", Clean(name)), Clean(name), Clean(text));
  }
}

int LabelWidth(const std::vector<Row>& rows) {
  int width = 0;
  for (const Row& row : rows) width = std::max(width, DisplayWidth(row.label));
  return width;
}

std::vector<std::string> ValueLines(const Row& row, int width, const Look& look) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(row.value, '\n')) {
    for (std::string& wrapped : Wrap(line, width)) lines.push_back(std::move(wrapped));
  }
  if (!row.verified) return lines;
  const absl::string_view mark = look.unicode ? "✓ verified" : "verified";
  const std::string painted = Paint(mark, Tone::kGood, look);
  if (DisplayWidth(lines.back()) + static_cast<int>(kColumnGap.size()) + DisplayWidth(mark) <=
      width) {
    absl::StrAppend(&lines.back(), kColumnGap, painted);
  } else {
    lines.push_back(painted);
  }
  return lines;
}

}  // namespace

std::vector<Row> ProfileRows(const v1::Profile& profile) {
  Rows rows;
  rows.Add("name", "Name", profile.name());
  rows.Add("given_name", "Given name", profile.given_name());
  rows.Add("family_name", "Family name", profile.family_name());
  rows.Add("phone_number", "Phone", profile.phone_number(), profile.phone_number_verified());
  rows.Add("email", "Email", profile.email(), profile.email_verified());
  for (int i = 0; i < profile.addresses_size(); ++i) {
    const v1::Address& address = profile.addresses(i);
    rows.Add(absl::StrCat("addresses.", i), AddressLabel(address), AddressLines(address));
  }
  rows.Add("birthdate", "Date of birth", profile.birthdate());
  rows.Add("gender", "Gender", profile.gender());
  rows.Add("nin", "National id", profile.nin());
  AddConsents(profile.consents(), &rows);
  AddOtherClaims(profile.other_claims(), &rows);
  rows.Add("sub", "Customer id", profile.sub());
  return rows.Take();
}

std::vector<std::string> RenderRows(const std::vector<Row>& rows, const Look& look) {
  const int indent = static_cast<int>(kIndent.size());
  const int label_width = LabelWidth(rows);
  const int beside = look.columns - indent - label_width - static_cast<int>(kColumnGap.size());
  // Where values would get too narrow beside their labels, they go below them.
  const bool below = beside < kNarrowestValue;
  const int value_width = below ? std::max(look.columns - 2 * indent, 1) : beside;

  std::vector<std::string> lines;
  for (const Row& row : rows) {
    std::string label = PadTo(row.label, below ? 0 : label_width);
    if (below && !row.label.empty()) {
      lines.push_back(absl::StrCat(kIndent, Paint(row.label, Tone::kFaint, look)));
    }
    for (const std::string& value : ValueLines(row, value_width, look)) {
      if (below) {
        lines.push_back(absl::StrCat(kIndent, kIndent, value));
        continue;
      }
      lines.push_back(absl::StrCat(kIndent, Paint(label, Tone::kFaint, look), kColumnGap, value));
      label.assign(static_cast<size_t>(label_width), ' ');
    }
  }
  return lines;
}

std::vector<std::string> PlainRows(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const Row& row : rows) {
    lines.push_back(
        absl::StrCat(row.key, "\t", absl::StrReplaceAll(row.value, {{"\n", ", "}, {"\t", " "}})));
  }
  return lines;
}

}  // namespace cibad
