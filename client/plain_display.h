// Output into a file or a pipe: plain lines of tab-separated fields on stdout, one line a change of
// state, what goes wrong on stderr. No escape codes, nothing redrawn.

#ifndef CIBAD_CLIENT_PLAIN_DISPLAY_H_
#define CIBAD_CLIENT_PLAIN_DISPLAY_H_

#include <optional>
#include <string>
#include <vector>

#include "client/display.h"

namespace cibad {

class PlainDisplay : public Display {
 public:
  PlainDisplay(Write out, Write err);

  // "STATE<TAB>id<TAB>sentence"; after COMPLETED the profile, "profile.field<TAB>value" a line.
  void ShowState(const v1::Login& login, std::optional<TimeLeft> time_left) override;
  void ShowNote(const std::string& note) override;
  void ShowCancelling() override;
  void ShowProblem(const Problem& problem) override;
  // "field<TAB>value" a line.
  void ShowLogin(const v1::Login& login) override;
  // "yes<TAB>masked number<TAB>sentence", or "no".
  void ShowUser(const v1::CheckUserResponse& user) override;
  void ShowAnswer(const google::protobuf::Message& message,
                  const std::vector<std::string>& fields) override;
  void ShowList(const std::vector<v1::Login>& logins, bool more) override;

 private:
  void ShowProfile(const v1::Profile& profile);

  const Write out_;
  const Write err_;
};

// "cibactl: message", and the hint on a line of its own. Cleaned.
std::string ProblemText(const Problem& problem);

}  // namespace cibad

#endif  // CIBAD_CLIENT_PLAIN_DISPLAY_H_
