// `--json`: one JSON object a line on stdout, one line a change of state, an error as an object
// too. Nothing for people, on stdout or stderr.

#ifndef CIBAD_CLIENT_JSON_DISPLAY_H_
#define CIBAD_CLIENT_JSON_DISPLAY_H_

#include <optional>
#include <string>
#include <vector>

#include "client/display.h"

namespace cibad {

class JsonDisplay : public Display {
 public:
  explicit JsonDisplay(Write out);

  void ShowState(const v1::Login& login, std::optional<TimeLeft> time_left) override;
  void ShowNote(const std::string& note) override;
  void ShowCancelling() override;
  void ShowProblem(const Problem& problem) override;
  void ShowLogin(const v1::Login& login) override;
  void ShowUser(const v1::CheckUserResponse& user) override;
  void ShowAnswer(const google::protobuf::Message& message,
                  const std::vector<std::string>& fields) override;
  void ShowList(const std::vector<v1::Login>& logins, bool more) override;

 private:
  const Write out_;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_JSON_DISPLAY_H_
