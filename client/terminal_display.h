// Output to a person at a terminal. What has been said stays and scrolls away; only the last line
// is alive (the countdown, or what is being waited for) and is redrawn in place.

#ifndef CIBAD_CLIENT_TERMINAL_DISPLAY_H_
#define CIBAD_CLIENT_TERMINAL_DISPLAY_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/display.h"
#include "client/style.h"

namespace cibad {

class TerminalDisplay : public Display {
 public:
  // `look` is asked before everything that is drawn, since terminals change their size.
  // `interrupt_hint` stands behind the countdown: what Ctrl-C does.
  TerminalDisplay(Write out, Write err, std::function<Look()> look, std::string interrupt_hint);
  // Leaves the terminal as it was found: no live line, the cursor visible.
  ~TerminalDisplay() override;
  TerminalDisplay(const TerminalDisplay&) = delete;
  TerminalDisplay& operator=(const TerminalDisplay&) = delete;

  void ShowState(const v1::Login& login, std::optional<TimeLeft> time_left) override;
  bool CountsDown() const override { return true; }
  void ShowTimeLeft(const TimeLeft& time_left) override;
  void ShowNote(const std::string& note) override;
  void ShowCancelling() override;
  void ShowProblem(const Problem& problem) override;
  void ShowLogin(const v1::Login& login) override;
  void ShowUser(const v1::CheckUserResponse& user) override;
  void ShowAnswer(const google::protobuf::Message& message,
                  const std::vector<std::string>& fields) override;
  void ShowList(const std::vector<v1::Login>& logins, bool more) override;
  void Suspend() override;
  void Resume() override;
  void Resized() override;

 private:
  using LiveLine = std::function<std::string(const Look&)>;

  void ShowHead(const v1::Login& login, const Look& look);
  void ShowCode(const v1::Login& login, const Look& look);
  void ShowEnd(const v1::Login& login, const Look& look);
  void ShowProfile(const v1::Profile& profile, const Look& look);

  // Prints lines that stay, above the live line.
  void Print(const std::string& lines);
  void SetLiveLine(LiveLine line);
  void SetLiveText(const std::string& text);
  void DrawLiveLine();
  void EraseLiveLine();

  const Write out_;
  const Write err_;
  const std::function<Look()> look_;
  const std::string interrupt_hint_;
  bool head_shown_ = false;
  bool drawn_ = false;      // the live line is on the screen, and the cursor hidden
  std::string drawn_text_;  // what of it
  LiveLine live_line_;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_TERMINAL_DISPLAY_H_
