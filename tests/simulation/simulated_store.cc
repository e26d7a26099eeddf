#include "tests/simulation/simulated_store.h"

#include <algorithm>
#include <utility>

namespace cibad {
namespace {

absl::Status Full() { return absl::UnavailableError("the disk is full"); }

}  // namespace

void SimulatedStore::Create(Login login, CreateDone done) {
  if (environment_.refuses(login)) return done(Full());
  waiting_.push_back({std::move(login), std::move(done), nullptr});
  environment_.on_waiting();
}

void SimulatedStore::Update(Login login, WriteDone done) {
  if (environment_.refuses(login)) return done(Full());
  waiting_.push_back({std::move(login), nullptr, std::move(done)});
  environment_.on_waiting();
}

void SimulatedStore::Erase(std::string, WriteDone done) { done(absl::OkStatus()); }

void SimulatedStore::EraseEndedBefore(absl::Time, WriteDone done) { done(absl::OkStatus()); }

void SimulatedStore::EraseStartsBefore(absl::Time, WriteDone done) { done(absl::OkStatus()); }

absl::StatusOr<Login> SimulatedStore::Get(absl::string_view id) {
  const auto found = environment_.disk->find(id);
  if (found == environment_.disk->end()) return absl::NotFoundError("there is no such login");
  return found->second;
}

absl::StatusOr<Login> SimulatedStore::GetByRequestId(absl::string_view, absl::string_view) {
  return absl::NotFoundError("only the engine asks for this");
}

absl::StatusOr<LoginPage> SimulatedStore::List(const ListQuery&) { return LoginPage{}; }

absl::Status SimulatedStore::LoadUnfinished(const std::function<void(Login)>& take) {
  for (const auto& [id, login] : *environment_.disk) {
    if (!HasEnded(login.state)) take(login);
  }
  return absl::OkStatus();
}

void SimulatedStore::Commit() {
  for (Write& write : std::exchange(waiting_, {})) {
    const Login& stored = Take(write);
    if (write.created != nullptr) write.created(stored);
    if (write.updated != nullptr) write.updated(absl::OkStatus());
  }
  status_ = absl::OkStatus();
}

void SimulatedStore::Fail() {
  status_ = Full();
  for (Write& write : std::exchange(waiting_, {})) {
    if (write.created != nullptr) write.created(Full());
    if (write.updated != nullptr) write.updated(Full());
  }
}

void SimulatedStore::CommitUntold(size_t count) {
  for (const Write& write : std::exchange(waiting_, {})) {
    if (count-- == 0) break;
    Take(write);
  }
}

bool SimulatedStore::HasUpdates() const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const Write& write) { return write.updated != nullptr; });
}

bool SimulatedStore::IsWaiting(const std::string& id) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Write& write) { return write.login.id == id; });
}

const Login& SimulatedStore::Take(const Write& write) {
  SimulatedDisk& disk = *environment_.disk;
  if (write.created != nullptr) {  // a request_id that was used before gives that login
    for (const auto& [id, login] : disk) {
      if (login.request->request_id == write.login.request->request_id) return login;
    }
  }
  const auto found = disk.find(write.login.id);
  environment_.on_commit(found == disk.end() ? nullptr : &found->second, write.login);
  Login& stored = disk[write.login.id] = write.login;
  stored.progress = Progress{};  // is not kept
  return stored;
}

}  // namespace cibad
