#include "tests/simulation/describe.h"

#include <array>
#include <cstddef>
#include <variant>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

std::string Words(const ProviderError& error) {
  return absl::StrCat("error ", error.http_status, " ", error.code);
}
std::string Words(const InvalidAnswer&) { return "nonsense"; }
std::string Words(const NoAnswer& none) {
  if (none.http_status != 0) return absl::StrCat("HTTP ", none.http_status);
  return none.may_have_arrived ? "no answer" : "never left";
}
std::string Words(const Acknowledgement& acknowledgement) {
  return absl::StrCat("acknowledged, interval ", absl::FormatDuration(acknowledgement.interval));
}
std::string Words(const UserExists& user) { return user.exists ? "a user" : "no user"; }
std::string Words(const TokenAnswer&) { return "tokens"; }
std::string Words(const AcceptedIdToken&) { return "accepted"; }
std::string Words(const RefusedIdToken&) { return "refused"; }
std::string Words(const Profile& profile) { return absl::StrCat("profile of ", profile.subject); }

std::string Words(const Accepted&) { return "Accepted"; }
std::string Words(const Recovered&) { return "Recovered"; }
std::string Words(const Woken&) { return "Woken"; }
std::string Words(const CancelRequested&) { return "CancelRequested"; }
std::string Words(const CodeReceived&) { return "CodeReceived"; }
std::string Words(const CodeRefused& refused) {
  return absl::StrCat("CodeRefused: ", refused.error.code);
}
std::string Words(const Pinged&) { return "Pinged"; }

template <typename Answered>
std::string Words(const Answered& answered) {
  return std::visit([](const auto& outcome) { return Words(outcome); }, answered.outcome);
}

constexpr std::array kEventNames = {"",
                                    "",
                                    "",
                                    "",
                                    "",
                                    "",
                                    "",
                                    "UserChecked: ",
                                    "BackchannelAnswered: ",
                                    "TokenRequestAnswered: ",
                                    "IdTokenChecked: ",
                                    "ProfileAnswered: "};
static_assert(kEventNames.size() == std::variant_size_v<Event>);

}  // namespace

std::string Describe(LoginState state) {
  constexpr std::array kNames = {"STARTING", "PENDING", "CONFIRMED", "COMPLETED",
                                 "DENIED",   "EXPIRED", "CANCELLED", "FAILED"};
  return kNames[static_cast<size_t>(state)];
}

std::string Describe(const Event& event) {
  return absl::StrCat(kEventNames[event.index()],
                      std::visit([](const auto& what) { return Words(what); }, event));
}

std::string Describe(const Login& login) {
  std::string words = absl::StrCat(Describe(login.state), " revision ", login.revision);
  if (login.state == LoginState::kFailed) {
    absl::StrAppend(&words, " reason ", static_cast<int>(login.failure->reason));
  }
  if (login.tokens.has_value()) absl::StrAppend(&words, " with tokens");
  return words;
}

}  // namespace cibad
