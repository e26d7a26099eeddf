// Logins as tables: one in detail (`get`), many in a list (`list`).

#ifndef CIBAD_CLIENT_LOGIN_TABLE_H_
#define CIBAD_CLIENT_LOGIN_TABLE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "client/profile_table.h"
#include "client/style.h"

namespace cibad {

// Everything about the login but its profile. Times: RFC 3339 in UTC.
std::vector<Row> LoginRows(const v1::Login& login);

// The same for a reader at a terminal: times in their own time zone.
std::vector<Row> LoginRowsForPeople(const v1::Login& login, const Look& look);

// A head and one line a login; columns that have no room are left out, the id never.
std::vector<std::string> RenderList(const std::vector<v1::Login>& logins, const Look& look);

// One line a login, without a head: id, state, phone number, binding message, create time,
// reference.
std::vector<std::string> PlainList(const std::vector<v1::Login>& logins);

// The colour that goes with the login's state.
Tone ToneOf(const v1::Login& login);

}  // namespace cibad

#endif  // CIBAD_CLIENT_LOGIN_TABLE_H_
