// Waiting for the answer of one call, for the commands that do no more than that.

#ifndef CIBAD_CLIENT_AWAIT_H_
#define CIBAD_CLIENT_AWAIT_H_

#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "client/commands.h"
#include "client/event.h"
#include "client/exit_code.h"
#include "client/problem.h"

namespace cibad {

// Waits for the answer of a call that an interrupt may simply abandon. Gives the answer, or the
// exit status.
template <typename Answer>
std::variant<Answer, int> Await(const Session& session) {
  for (;;) {
    Event event = session.events.Next(absl::InfiniteFuture());
    if (auto* answer = std::get_if<Answer>(&event)) {
      if (answer->result.status.ok()) return std::move(*answer);
      const Problem problem = Explain(answer->result, session.address);
      session.display.ShowProblem(problem);
      return problem.exit_code;
    }
    const auto* signal = std::get_if<SignalCame>(&event);
    if (signal != nullptr && !HandleTerminalSignal(session, signal->number)) {
      return kExitSignalBase + signal->number;
    }
  }
}

}  // namespace cibad

#endif  // CIBAD_CLIENT_AWAIT_H_
