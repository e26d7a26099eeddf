// Very many tills in one program: starts logins, watches them if asked, and tells how long that
// took.
//
// usage: till_load ADDRESS LOGINS AT_A_TIME RATE watch|start CHANNELS FIRST_PHONE TIMES_FILE
//   RATE         StartLogin calls a second; 0: as fast as AT_A_TIME unanswered ones allow
//   FIRST_PHONE  of eight digits; each login has the next
//   TIMES_FILE   gets a line for each login that completed: phone number, and when, in µs since
//   1970; `-`: none
// Prints a line of JSON when all starts are answered; when all have heard PENDING; when all streams
// have ended. Ends when its standard input does.

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cibad/v1/login.grpc.pb.h"
#include "tests/bench/measured.h"

namespace cibad {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

int64_t MicrosecondsSince1970() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Fleet;

// One login of the fleet's: a start, and perhaps a stream.
class BenchTill : public grpc::ClientReadReactor<v1::Login> {
 public:
  void Start(Fleet* fleet, v1::LoginService::Stub* stub, int64_t phone);
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  int64_t phone() const { return phone_; }
  int64_t completed_at() const { return completed_at_; }  // 0: not
  double start_ms() const { return start_ms_; }

 private:
  void OnStarted(const grpc::Status& status);

  Fleet* fleet_ = nullptr;
  v1::LoginService::Stub* stub_ = nullptr;
  int64_t phone_ = 0;
  SteadyClock::time_point begin_;
  double start_ms_ = 0;
  bool is_pending_ = false;
  int64_t completed_at_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::StartLoginRequest start_;
  v1::WatchLoginRequest watch_;
  v1::Login login_;
};

struct Options {
  std::string address;
  int logins = 0;
  int at_a_time = 0;
  double rate = 0;
  bool watch = false;
  int channels = 1;
  int64_t first_phone = 0;
  std::string times_file;
};

class Fleet {
 public:
  explicit Fleet(Options options)
      : options_(std::move(options)), tills_(static_cast<size_t>(options_.logins)) {
    for (int i = 0; i < options_.channels; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(v1::LoginService::NewStub(grpc::CreateCustomChannel(
          options_.address, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  void Run() {
    begin_ = SteadyClock::now();
    for (int i = 0; i < options_.logins; ++i) {
      if (options_.rate > 0)
        std::this_thread::sleep_until(begin_ + std::chrono::duration<double>(i / options_.rate));
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return i - started_ < options_.at_a_time; });
      lock.unlock();
      tills_[i].Start(this, stubs_[i % stubs_.size()].get(), options_.first_phone + i);
    }
    WaitFor(started_);
    PrintStarts();
    if (!options_.watch) return;
    WaitFor(pending_);
    std::printf(R"({"pending": %d, "seconds": %.4f})"
                "\n",
                options_.logins, SecondsSince(begin_));
    std::fflush(stdout);
    WaitFor(ended_);
    std::printf(R"({"ended": %d, "completed": %d, "lost": %d, "first_to_last_seconds": %.4f})"
                "\n",
                options_.logins, completed_, options_.logins - completed_,
                std::chrono::duration<double>(last_end_ - first_end_).count());
    if (options_.times_file != "-") WriteTimes();
    std::fflush(stdout);
  }

  bool watches() const { return options_.watch; }

  void NoteStarted() { Note(started_); }
  void NotePending() { Note(pending_); }
  void NoteEnded(bool completed) {
    const std::lock_guard lock(mutex_);
    last_end_ = SteadyClock::now();
    if (ended_ == 0) first_end_ = last_end_;
    ++ended_;
    if (completed) ++completed_;
    changed_.notify_all();
  }
  [[noreturn]] static void Die(const char* call, const grpc::Status& status) {
    std::fprintf(stderr, "%s: %d %s\n", call, status.error_code(), status.error_message().c_str());
    std::_Exit(1);
  }

 private:
  void Note(int& count) {
    const std::lock_guard lock(mutex_);
    ++count;
    changed_.notify_all();
  }
  void WaitFor(const int& count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count == options_.logins; });
  }

  void PrintStarts() const {
    std::vector<double> times;
    for (const BenchTill& till : tills_) times.push_back(till.start_ms());
    std::sort(times.begin(), times.end());
    std::printf(
        R"({"started": %d, "seconds": %.4f, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f})"
        "\n",
        options_.logins, SecondsSince(begin_), Percentile(times, 0.5), Percentile(times, 0.99),
        Percentile(times, 1));
    std::fflush(stdout);
  }

  void WriteTimes() const {
    std::FILE* file = std::fopen(options_.times_file.c_str(), "w");
    if (file == nullptr) return;
    for (const BenchTill& till : tills_) {
      if (till.completed_at() == 0) continue;
      std::fprintf(file, "47%ld %ld\n", static_cast<long>(till.phone()),
                   static_cast<long>(till.completed_at()));
    }
    std::fclose(file);
  }

  const Options options_;
  std::vector<std::unique_ptr<v1::LoginService::Stub>> stubs_;
  std::vector<BenchTill> tills_;
  SteadyClock::time_point begin_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  int started_ = 0;
  int pending_ = 0;
  int ended_ = 0;
  int completed_ = 0;
  SteadyClock::time_point first_end_;
  SteadyClock::time_point last_end_;
};

void BenchTill::Start(Fleet* fleet, v1::LoginService::Stub* stub, int64_t phone) {
  fleet_ = fleet;
  stub_ = stub;
  phone_ = phone;
  start_.set_phone_number("+47" + std::to_string(phone));
  for (const char* scope : {"name", "phoneNumber", "email", "address", "birthDate"})
    start_.add_scopes(scope);
  context_ = std::make_unique<grpc::ClientContext>();
  context_->set_wait_for_ready(true);
  begin_ = SteadyClock::now();
  stub_->async()->StartLogin(context_.get(), &start_, &login_,
                             [this](const grpc::Status& status) { OnStarted(status); });
}

void BenchTill::OnStarted(const grpc::Status& status) {
  if (!status.ok()) Fleet::Die("StartLogin", status);
  start_ms_ = SecondsSince(begin_) * 1000;
  if (fleet_->watches()) {
    context_ = std::make_unique<grpc::ClientContext>();
    watch_.set_id(login_.id());
    stub_->async()->WatchLogin(context_.get(), &watch_, this);
    StartRead(&login_);
    StartCall();
  }
  fleet_->NoteStarted();
}

void BenchTill::OnReadDone(bool ok) {
  if (!ok) return;
  if (login_.state() >= v1::Login::PENDING && !is_pending_) {
    is_pending_ = true;
    fleet_->NotePending();
  }
  if (login_.state() == v1::Login::COMPLETED) completed_at_ = MicrosecondsSince1970();
  StartRead(&login_);
}

void BenchTill::OnDone(const grpc::Status& status) {
  if (!status.ok()) std::fprintf(stderr, "WatchLogin: %s\n", status.error_message().c_str());
  fleet_->NoteEnded(completed_at_ != 0);
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) {
  if (argc != 9) {
    std::fprintf(stderr, "usage: %s: see the opening comment\n", argv[0]);
    return 2;
  }
  const auto fleet = std::make_unique<cibad::Fleet>(cibad::Options{
      .address = argv[1],
      .logins = std::atoi(argv[2]),
      .at_a_time = std::atoi(argv[3]),
      .rate = std::atof(argv[4]),
      .watch = std::string(argv[5]) == "watch",
      .channels = std::atoi(argv[6]),
      .first_phone = std::atoll(argv[7]),
      .times_file = argv[8],
  });
  fleet->Run();
  while (std::cin.get() != EOF) {
  }
  std::_Exit(0);  // the streams that are still open go with the process
}
