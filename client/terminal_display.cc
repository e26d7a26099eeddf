#include "client/terminal_display.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/big_letters.h"
#include "client/countdown.h"
#include "client/exit_code.h"
#include "client/login_table.h"
#include "client/login_text.h"
#include "client/plain_display.h"
#include "client/profile_table.h"
#include "client/text.h"

namespace cibad {
namespace {

constexpr absl::string_view kHideCursor = "\x1b[?25l";
constexpr absl::string_view kShowCursor = "\x1b[?25h";
constexpr absl::string_view kEraseLine = "\r\x1b[2K";
constexpr absl::string_view kEraseRest = "\x1b[K";
constexpr int kWidestText = 100;

v1::Login Cleaned(v1::Login login) {
  CleanMessage(&login);
  return login;
}

int TextWidth(const Look& look) {
  return std::max(std::min(look.columns, kWidestText) - static_cast<int>(kIndent.size()), 1);
}

// A paragraph, indented; `code` within it is painted.
std::string Paragraph(absl::string_view text, Tone tone, const Look& look,
                      absl::string_view code = "") {
  std::string lines;
  for (const std::string& line : Wrap(text, TextWidth(look))) {
    const size_t at = code.empty() ? std::string::npos : line.find(std::string(code));
    if (at == std::string::npos) {
      absl::StrAppend(&lines, kIndent, Paint(line, tone, look), "\n");
      continue;
    }
    const absl::string_view whole = line;
    absl::StrAppend(&lines, kIndent, Paint(whole.substr(0, at), tone, look),
                    Paint(code, Tone::kCode, look),
                    Paint(whole.substr(at + code.size()), tone, look), "\n");
  }
  return lines;
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  return text;
}

// "B 4 7 - 2 1 X", for a terminal too narrow for big letters.
std::string Spaced(absl::string_view code) {
  std::string spaced;
  for (const char character : code) {
    absl::StrAppend(&spaced, spaced.empty() ? "" : " ", std::string(1, character));
  }
  return spaced;
}

absl::string_view MarkOf(const v1::Login& login, const Look& look) {
  if (login.state() == v1::Login::COMPLETED) return look.unicode ? "✓ " : "";
  return look.unicode ? "✗ " : "";
}

absl::string_view EndTitle(const v1::Login& login) {
  switch (login.state()) {
    case v1::Login::COMPLETED:
      return "Logged in";
    case v1::Login::DENIED:
      return "The customer said no";
    case v1::Login::EXPIRED:
      return "No answer in time";
    case v1::Login::CANCELLED:
      return "Cancelled";
    default:
      return "The login failed";
  }
}

}  // namespace

TerminalDisplay::TerminalDisplay(Write out, Write err, std::function<Look()> look,
                                 std::string interrupt_hint)
    : out_(std::move(out)),
      err_(std::move(err)),
      look_(std::move(look)),
      interrupt_hint_(std::move(interrupt_hint)) {}

TerminalDisplay::~TerminalDisplay() { EraseLiveLine(); }

void TerminalDisplay::ShowState(const v1::Login& login, std::optional<TimeLeft> time_left) {
  const v1::Login clean = Cleaned(login);
  const Look look = look_();
  SetLiveLine(nullptr);
  ShowHead(clean, look);
  if (HasEnded(clean)) {
    ShowEnd(clean, look);
  } else if (clean.state() == v1::Login::PENDING) {
    ShowCode(clean, look);
    if (time_left) ShowTimeLeft(*time_left);
  } else {
    const absl::string_view mark =
        clean.state() == v1::Login::CONFIRMED && look.unicode ? "✓ " : "";
    SetLiveText(absl::StrCat(mark, Sentence(clean)));
  }
}

void TerminalDisplay::ShowTimeLeft(const TimeLeft& time_left) {
  SetLiveLine([time_left, hint = interrupt_hint_](const Look& look) {
    return RenderCountdown(time_left, hint, look);
  });
}

void TerminalDisplay::ShowNote(const std::string& note) {
  EraseLiveLine();
  err_(absl::StrCat("cibactl: ", Clean(note), "\n"));
  DrawLiveLine();
}

void TerminalDisplay::ShowCancelling() {
  SetLiveText("Cancelling the login. Ctrl-C again leaves at once.");
}

void TerminalDisplay::ShowProblem(const Problem& problem) {
  SetLiveLine(nullptr);
  err_(ProblemText(problem));
}

void TerminalDisplay::ShowLogin(const v1::Login& login) {
  const v1::Login clean = Cleaned(login);
  const Look look = look_();
  Print(Lines(RenderRows(LoginRowsForPeople(clean, look), look)));
  if (clean.has_profile()) {
    Print("\n");
    ShowProfile(clean.profile(), look);
  }
}

void TerminalDisplay::ShowUser(const v1::CheckUserResponse& user) {
  Print(absl::StrCat(Clean(user.masked_phone_number()), ": ", Clean(user.staff_message()), "\n"));
}

void TerminalDisplay::ShowAnswer(const google::protobuf::Message& /*message*/,
                                 const std::vector<std::string>& fields) {
  out_(Clean(absl::StrJoin(fields, "  ")) + "\n");
}

void TerminalDisplay::ShowList(const std::vector<v1::Login>& logins, bool more) {
  if (logins.empty()) {
    Print("No logins.\n");
    return;
  }
  const Look look = look_();
  std::vector<v1::Login> clean;
  clean.reserve(logins.size());
  for (const v1::Login& login : logins) clean.push_back(Cleaned(login));
  Print(Lines(RenderList(clean, look)));
  if (more) Print(Paint("There are more: --limit N shows up to N.", Tone::kFaint, look) + "\n");
}

void TerminalDisplay::Suspend() { EraseLiveLine(); }

void TerminalDisplay::Resume() { DrawLiveLine(); }

void TerminalDisplay::Resized() {
  if (!drawn_) return;
  EraseLiveLine();
  DrawLiveLine();
}

void TerminalDisplay::ShowHead(const v1::Login& login, const Look& look) {
  if (head_shown_) return;
  head_shown_ = true;
  const absl::string_view dot = look.unicode ? " · " : " - ";
  std::string head = absl::StrCat("Login ", login.id());
  if (!login.masked_phone_number().empty())
    absl::StrAppend(&head, dot, login.masked_phone_number());
  if (!login.reference().empty()) absl::StrAppend(&head, dot, login.reference());
  Print(absl::StrCat("\n", Paragraph(head, Tone::kFaint, look), "\n"));
}

void TerminalDisplay::ShowCode(const v1::Login& login, const Look& look) {
  const std::string& code = login.binding_message();
  std::string text;
  const auto big = BigLetters(code, look.columns - static_cast<int>(kIndent.size()), look.unicode);
  for (const std::string& line : big) {
    absl::StrAppend(&text, kIndent, Paint(line, Tone::kCode, look), "\n");
  }
  if (big.empty() && !code.empty()) {
    absl::StrAppend(&text, kIndent, Paint(Spaced(code), Tone::kCode, look), "\n");
  }
  if (!text.empty()) absl::StrAppend(&text, "\n");
  absl::StrAppend(&text, Paragraph(Sentence(login), Tone::kStrong, look, code),
                  Paragraph("Nothing on their phone? Open the app and pull down to refresh.",
                            Tone::kFaint, look),
                  "\n");
  Print(text);
}

void TerminalDisplay::ShowEnd(const v1::Login& login, const Look& look) {
  std::string title = absl::StrCat(MarkOf(login, look), EndTitle(login));
  if (!login.profile().name().empty()) absl::StrAppend(&title, ": ", login.profile().name());
  std::string text = Paragraph(title, ToneOf(login), look);
  if (login.state() != v1::Login::COMPLETED) {
    absl::StrAppend(&text, Paragraph(Sentence(login), Tone::kPlain, look));
  }
  if (login.has_failure()) {
    absl::StrAppend(&text, Paragraph(FailureDetails(login.failure()), Tone::kFaint, look));
  }
  Print(absl::StrCat(text, "\n"));
  if (login.has_profile()) {
    ShowProfile(login.profile(), look);
    Print("\n");
  }
}

void TerminalDisplay::ShowProfile(const v1::Profile& profile, const Look& look) {
  Print(Lines(RenderRows(ProfileRows(profile), look)));
}

void TerminalDisplay::Print(const std::string& lines) {
  EraseLiveLine();
  out_(lines);
  DrawLiveLine();
}

void TerminalDisplay::SetLiveLine(LiveLine line) {
  live_line_ = std::move(line);
  if (live_line_) {
    DrawLiveLine();
  } else {
    EraseLiveLine();
  }
}

void TerminalDisplay::SetLiveText(const std::string& text) {
  SetLiveLine([text](const Look& look) {
    const int room = std::max(look.columns - 1 - static_cast<int>(kIndent.size()), 1);
    return absl::StrCat(kIndent, Paint(Shorten(text, room), Tone::kStrong, look));
  });
}

void TerminalDisplay::DrawLiveLine() {
  if (!live_line_) return;
  std::string text = live_line_(look_());
  if (drawn_ && text == drawn_text_) return;
  // One write, over what stands there, so that nothing flickers.
  out_(absl::StrCat(drawn_ ? "" : kHideCursor, "\r", text, kEraseRest));
  drawn_ = true;
  drawn_text_ = std::move(text);
}

void TerminalDisplay::EraseLiveLine() {
  if (!drawn_) return;
  out_(absl::StrCat(kEraseLine, kShowCursor));
  drawn_ = false;
}

}  // namespace cibad
