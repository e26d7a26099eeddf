// A verified customer as rows of a table, for a terminal and for plain text.

#ifndef CIBAD_CLIENT_PROFILE_TABLE_H_
#define CIBAD_CLIENT_PROFILE_TABLE_H_

#include <string>
#include <vector>

#include "cibad/v1/login.pb.h"
#include "client/style.h"

namespace cibad {

struct Row {
  std::string key;    // for programs: the field of the API, `addresses[0].country`
  std::string label;  // for people
  std::string value;  // may have lines
  bool verified = false;
};

// The rows of what the profile has; fields that are absent have none. Cleans what CleanMessage
// leaves.
std::vector<Row> ProfileRows(const v1::Profile& profile);

// Labels and values in two columns, values wrapped; one line a string, without line ends.
std::vector<std::string> RenderRows(const std::vector<Row>& rows, const Look& look);

// "key<TAB>value", one line a row.
std::vector<std::string> PlainRows(const std::vector<Row>& rows);

}  // namespace cibad

#endif  // CIBAD_CLIENT_PROFILE_TABLE_H_
