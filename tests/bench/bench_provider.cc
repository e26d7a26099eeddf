// A provider that knows when it was asked: over TLS and HTTP/2 it answers pending logins, and notes
// of every poll how long after its due time it came, or how much too early. It checks nothing else:
// the sandbox does that. One thread.
//
// usage: bench_provider FOLDER PORT INTERVAL_SECONDS
// FOLDER holds server.pem, server_key.pem, discovery.json, jwks.json, tokens.json and
// userinfo.json.
//
// Beside the endpoints of discovery.json:
//   GET /decide?N[&over=MS]  N more customers, in the order that they were asked, say yes: now, or
//                            one after the other over so many milliseconds
//   GET /report              of the polls since the last report: count, early, lateness in
//                            milliseconds
//   GET /decided             a line for each customer that said yes and whose profile was fetched:
//                            phone number, and in µs since 1970: when the tokens could be
//                            fetched, when the poll came that they were given to, when userinfo
//                            was asked

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr int64_t kMicroseconds = 1'000'000;
constexpr size_t kReadBytes = size_t{64} * 1024;
constexpr uint32_t kMaxStreams = 128;                // on a connection, as nginx
constexpr std::string_view kAccessToken = "bench-";  // how each access token begins

int64_t Now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * kMicroseconds + time.tv_nsec / 1000;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The number after `name` in a form or a query; -1: none.
int64_t NumberAfter(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  return at == std::string_view::npos ? -1 : std::atoll(text.data() + at + name.size());
}

// How late polls came. Kept as counts, so that telling takes no time in which polls would wait: to
// sort a million of them took a tenth of a second, which made the next ones late.
class Lateness {
 public:
  void Note(int64_t late) {
    ++polls_;
    early_ += late < 0 ? 1 : 0;
    least_ = std::min(least_, late);
    most_ = std::max(most_, late);
    const int64_t step = std::clamp<int64_t>(late / kStep, 0, kSteps - 1);
    ++counts_[static_cast<size_t>(step)];
  }

  // What was noted since the last time, in milliseconds; percentiles to a step, rounded up.
  std::string Take() {
    std::array<char, 240> text;
    std::snprintf(text.data(), text.size(),
                  R"({"polls":%ld,"early":%ld,"min_ms":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,)"
                  R"("p999_ms":%.3f,"max_ms":%.3f})",
                  static_cast<long>(polls_), static_cast<long>(early_),
                  Milliseconds(polls_ == 0 ? 0 : least_), Percentile(0.5), Percentile(0.99),
                  Percentile(0.999), Milliseconds(most_));
    *this = Lateness();
    return text.data();
  }

 private:
  static constexpr int64_t kStep = 100;       // µs
  static constexpr int64_t kSteps = 100'000;  // the last one and what is beyond it: 10 s

  static double Milliseconds(int64_t time) { return static_cast<double>(time) / 1000; }

  // What so great a part of all did not exceed; 0: there were none.
  double Percentile(double part) const {
    if (polls_ == 0) return 0;
    const auto others = static_cast<int64_t>(part * static_cast<double>(polls_ - 1));
    int64_t seen = counts_[0];
    size_t step = 0;
    while (seen <= others) seen += counts_[++step];
    const bool is_last = step + 1 == counts_.size();
    const int64_t end = static_cast<int64_t>(step + 1) * kStep;
    return Milliseconds(is_last ? most_ : std::min(end, most_));
  }

  int64_t polls_ = 0;
  int64_t early_ = 0;
  int64_t least_ = std::numeric_limits<int64_t>::max();  // µs
  int64_t most_ = 0;                                     // or more
  std::vector<int64_t> counts_ = std::vector<int64_t>(kSteps);
};

struct BenchLogin {
  int64_t phone = 0;
  int64_t earliest_poll = 0;  // µs since 1970, as all times here
  int64_t decide_time = 0;    // 0: not yet
  int64_t fetchable_time = 0;
  int64_t fetch_time = 0;
  int64_t userinfo_time = 0;
};

struct Reply {
  const char* status = "200";
  std::string body;
};

// What the provider knows and answers.
class State {
 public:
  State(const std::string& folder, int interval_seconds)
      : discovery_(ReadAll(folder + "/discovery.json")),
        jwks_(ReadAll(folder + "/jwks.json")),
        tokens_(ReadAll(folder + "/tokens.json")),
        place_of_number_(tokens_.find(kAccessToken) + kAccessToken.size()),
        userinfo_(ReadAll(folder + "/userinfo.json")),
        interval_(interval_seconds) {}

  Reply Answer(std::string_view path, std::string_view authorization, const std::string& body) {
    if (path == "/token") return Poll(body);
    if (path == "/userinfo") return Userinfo(authorization);
    if (path == "/backchannel") return Ask(body);
    if (path.ends_with("/openid-configuration")) return {"200", discovery_};
    if (path == "/jwks") return {"200", jwks_};
    if (path.starts_with("/decide?"))
      return Decide(NumberAfter(path, "decide?"), NumberAfter(path, "over="));
    if (path == "/report") return {"200", lateness_.Take()};
    if (path == "/decided") return {"200", Decided()};
    return {"404", "{}"};
  }

 private:
  Reply Ask(const std::string& body) {
    BenchLogin login;
    login.phone = NumberAfter(body, "urn%3Amsisdn%3A");
    login.earliest_poll = Now() + interval_ * kMicroseconds;
    logins_.push_back(login);
    std::array<char, 160> text;
    std::snprintf(text.data(), text.size(),
                  R"({"auth_req_id":"%032zu","expires_in":3600,"interval":%d})", logins_.size() - 1,
                  interval_);
    return {"200", text.data()};
  }

  Reply Poll(const std::string& body) {
    const int64_t number = NumberAfter(body, "auth_req_id=");
    if (number < 0 || number >= static_cast<int64_t>(logins_.size()))
      return {"400", R"({"error":"invalid_grant"})"};
    BenchLogin& login = logins_[static_cast<size_t>(number)];
    const int64_t now = Now();
    lateness_.Note(now - login.earliest_poll);
    const int64_t earliest = login.earliest_poll;
    login.earliest_poll = now + interval_ * kMicroseconds;
    if (login.decide_time == 0 || now < login.decide_time)
      return {"400", R"({"error":"authorization_pending"})"};
    login.fetchable_time = std::max(earliest, login.decide_time);
    login.fetch_time = now;
    std::string tokens = tokens_;
    return {"200", tokens.insert(place_of_number_, std::to_string(number) + '-')};
  }

  Reply Userinfo(std::string_view authorization) {
    const int64_t number = NumberAfter(authorization, kAccessToken);
    if (number >= 0 && number < static_cast<int64_t>(logins_.size()))
      logins_[static_cast<size_t>(number)].userinfo_time = Now();
    return {"200", userinfo_};
  }

  Reply Decide(int64_t count, int64_t over_ms) {
    const int64_t now = Now();
    for (int64_t i = 0; i < count && next_to_decide_ < logins_.size(); ++i) {
      const int64_t after = over_ms < 0 ? 0 : i * over_ms * 1000 / count;
      logins_[next_to_decide_++].decide_time = now + after;
    }
    return {"200", "{}"};
  }

  std::string Decided() const {
    std::string lines;
    for (const BenchLogin& login : logins_) {
      if (login.userinfo_time == 0) continue;
      lines += std::to_string(login.phone) + ' ' + std::to_string(login.fetchable_time) + ' ' +
               std::to_string(login.fetch_time) + ' ' + std::to_string(login.userinfo_time) + '\n';
    }
    return lines;
  }

  const std::string discovery_;
  const std::string jwks_;
  const std::string tokens_;
  const size_t place_of_number_;  // in the access token, which says whose it is
  const std::string userinfo_;
  const int interval_;
  std::vector<BenchLogin> logins_;
  size_t next_to_decide_ = 0;
  Lateness lateness_;
};

struct Stream {
  std::string path;
  std::string authorization;
  std::string body;
  std::string answer;
  size_t sent = 0;
};

// nghttp2 only reads what it points to.
nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// One connection. nghttp2 calls the static functions.
class Connection {
 public:
  Connection(int fd, SSL_CTX* context, State& state)
      : fd_(fd), ssl_(SSL_new(context)), state_(state) {
    SSL_set_fd(ssl_, fd);
    SSL_set_accept_state(ssl_);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &OnData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &OnFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &OnClose);
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry setting = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &setting, 1);
  }
  ~Connection() {
    nghttp2_session_del(session_);
    SSL_free(ssl_);
    close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads and writes what it can. False: the connection is over.
  bool Work() {
    static std::array<unsigned char, kReadBytes> buffer;
    while (true) {
      const int size = SSL_read(ssl_, buffer.data(), buffer.size());
      if (size <= 0) {
        const int error = SSL_get_error(ssl_, size);
        ERR_clear_error();
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
        break;
      }
      if (nghttp2_session_mem_recv(session_, buffer.data(), static_cast<size_t>(size)) < 0)
        return false;
    }
    return SSL_is_init_finished(ssl_) == 0 || Write();
  }

 private:
  bool Write() {
    while (true) {
      if (out_.empty()) {
        const uint8_t* bytes = nullptr;
        for (ssize_t size = 0;
             out_.size() < kReadBytes && (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
          out_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
        }
        if (out_.empty()) return true;
      }
      const int written = SSL_write(ssl_, out_.data(), static_cast<int>(out_.size()));
      if (written <= 0) {  // the socket is full; epoll tells when it is not
        const int error = SSL_get_error(ssl_, written);
        ERR_clear_error();
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ;
      }
      out_.clear();
    }
  }

  static Connection& Of(void* self) { return *static_cast<Connection*>(self); }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* self) {
    const std::string_view header(reinterpret_cast<const char*>(name), name_size);
    Stream& stream = Of(self).streams_[frame->hd.stream_id];
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (header == ":path") stream.path = text;
    if (header == "authorization") stream.authorization = text;
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                    void* self) {
    Of(self).streams_[id].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    const bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!may_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    Stream& stream = Of(self).streams_[frame->hd.stream_id];
    Reply reply = Of(self).state_.Answer(stream.path, stream.authorization, stream.body);
    stream.answer = std::move(reply.body);
    const std::string length = std::to_string(stream.answer.size());
    const std::array<nghttp2_nv, 3> fields = {Field(":status", reply.status),
                                              Field("content-type", "application/json"),
                                              Field("content-length", length)};
    nghttp2_data_provider body{};
    body.read_callback = &ReadAnswer;
    return nghttp2_submit_response(session, frame->hd.stream_id, fields.data(), fields.size(),
                                   &body);
  }

  static ssize_t ReadAnswer(nghttp2_session*, int32_t id, uint8_t* buffer, size_t size,
                            uint32_t* flags, nghttp2_data_source*, void* self) {
    Stream& stream = Of(self).streams_[id];
    const size_t count = std::min(size, stream.answer.size() - stream.sent);
    std::copy_n(stream.answer.data() + stream.sent, count, buffer);
    stream.sent += count;
    if (stream.sent == stream.answer.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  static int OnClose(nghttp2_session*, int32_t id, uint32_t, void* self) {
    Of(self).streams_.erase(id);
    return 0;
  }

  const int fd_;
  SSL* const ssl_;
  State& state_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, Stream> streams_;
  std::string out_;  // not yet written
};

int ChooseHttp2(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void*) {
  const bool is_agreed =
      nghttp2_select_next_protocol(const_cast<unsigned char**>(out), out_size, in, in_size) == 1;
  return is_agreed ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX* MakeContext(const std::string& folder) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(context, &ChooseHttp2, nullptr);
  const bool is_ready =
      SSL_CTX_use_certificate_chain_file(context, (folder + "/server.pem").c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, (folder + "/server_key.pem").c_str(),
                                  SSL_FILETYPE_PEM) == 1;
  if (!is_ready) std::exit(1);
  return context;
}

int Listen(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 128) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  return fd;
}

void Serve(int listener, SSL_CTX* context, State& state) {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  while (true) {
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_fd, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd != listener) {
        if (!connections[fd]->Work()) connections.erase(fd);
        continue;
      }
      const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (accepted < 0) continue;
      const int on = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections[accepted] = std::make_unique<Connection>(accepted, context, state);
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.fd = accepted;
      epoll_ctl(epoll_fd, EPOLL_CTL_ADD, accepted, &event);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s FOLDER PORT INTERVAL_SECONDS\n", argv[0]);
    return 2;
  }
  State state(argv[1], std::atoi(argv[3]));
  Serve(Listen(std::atoi(argv[2])), MakeContext(argv[1]), state);
}
