#include "client/json_display.h"

#include <utility>

#include "client/json_text.h"

namespace cibad {

JsonDisplay::JsonDisplay(Write out) : out_(std::move(out)) {}

void JsonDisplay::ShowState(const v1::Login& login, std::optional<TimeLeft> /*time_left*/) {
  ShowLogin(login);
}

void JsonDisplay::ShowNote(const std::string& /*note*/) {}

void JsonDisplay::ShowCancelling() {}

void JsonDisplay::ShowProblem(const Problem& problem) { out_(ProblemToJson(problem) + "\n"); }

void JsonDisplay::ShowLogin(const v1::Login& login) { out_(MessageToJson(login) + "\n"); }

void JsonDisplay::ShowUser(const v1::CheckUserResponse& user) {
  out_(MessageToJson(user, /*with_defaults=*/true) + "\n");
}

void JsonDisplay::ShowAnswer(const google::protobuf::Message& message,
                             const std::vector<std::string>& /*fields*/) {
  out_(MessageToJson(message) + "\n");
}

void JsonDisplay::ShowList(const std::vector<v1::Login>& logins, bool /*more*/) {
  for (const v1::Login& login : logins) ShowLogin(login);
}

}  // namespace cibad
