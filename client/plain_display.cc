#include "client/plain_display.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/login_table.h"
#include "client/login_text.h"
#include "client/profile_table.h"
#include "client/text.h"

namespace cibad {
namespace {

v1::Login Cleaned(v1::Login login) {
  CleanMessage(&login);
  return login;
}

}  // namespace

PlainDisplay::PlainDisplay(Write out, Write err) : out_(std::move(out)), err_(std::move(err)) {}

void PlainDisplay::ShowState(const v1::Login& login, std::optional<TimeLeft> /*time_left*/) {
  const v1::Login clean = Cleaned(login);
  std::string sentence = Sentence(clean);
  if (clean.has_failure()) absl::StrAppend(&sentence, " (", FailureDetails(clean.failure()), ")");
  out_(absl::StrCat(StateName(clean), "\t", clean.id(), "\t", sentence, "\n"));
  if (clean.has_profile()) ShowProfile(clean.profile());
}

void PlainDisplay::ShowNote(const std::string& note) {
  err_(absl::StrCat("cibactl: ", Clean(note), "\n"));
}

void PlainDisplay::ShowCancelling() {
  ShowNote("Cancelling the login. Another interrupt leaves at once.");
}

void PlainDisplay::ShowProblem(const Problem& problem) { err_(ProblemText(problem)); }

void PlainDisplay::ShowLogin(const v1::Login& login) {
  const v1::Login clean = Cleaned(login);
  for (const std::string& line : PlainRows(LoginRows(clean))) out_(line + "\n");
  if (clean.has_profile()) ShowProfile(clean.profile());
}

void PlainDisplay::ShowUser(const v1::CheckUserResponse& user) {
  out_(absl::StrCat(user.exists() ? "yes" : "no", "\t", Clean(user.masked_phone_number()), "\t",
                    Clean(user.staff_message()), "\n"));
}

void PlainDisplay::ShowAnswer(const google::protobuf::Message& /*message*/,
                              const std::vector<std::string>& fields) {
  out_(Clean(absl::StrJoin(fields, " ")) + "\n");
}

void PlainDisplay::ShowList(const std::vector<v1::Login>& logins, bool /*more*/) {
  std::vector<v1::Login> clean;
  clean.reserve(logins.size());
  for (const v1::Login& login : logins) clean.push_back(Cleaned(login));
  for (const std::string& line : PlainList(clean)) out_(line + "\n");
}

void PlainDisplay::ShowProfile(const v1::Profile& profile) {
  for (const std::string& line : PlainRows(ProfileRows(profile))) {
    out_(absl::StrCat("profile.", line, "\n"));
  }
}

std::string ProblemText(const Problem& problem) {
  std::string text = absl::StrCat("cibactl: ", Clean(problem.message), "\n");
  if (!problem.hint.empty()) absl::StrAppend(&text, "  ", Clean(problem.hint), "\n");
  return text;
}

}  // namespace cibad
