#include "tests/unit/http/http2_server.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/http/http2_header.h"

namespace cibad {

struct Http2Stream {
  std::string body;
  size_t body_sent = 0;
};

// One connection's state; nghttp2 calls the static functions.
struct Http2Session {
  explicit Http2Session(Http2Server& s) : server(s) {}

  Http2Server& server;
  nghttp2_session* session = nullptr;
  std::map<int32_t, Http2Stream> streams;
  std::vector<int32_t> unanswered;
  std::vector<int32_t> unended;  // all of their bodies is on its way, and their ends are not
  int requests = 0;

  static Http2Session& Of(void* self) { return *static_cast<Http2Session*>(self); }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    const bool may_end_request =
        frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (may_end_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      Of(self).TakeRequest(frame->hd.stream_id);
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) ++Of(self).server.resets_;
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream_id, const uint8_t* bytes, size_t size,
                    void* self) {
    Of(self).streams[stream_id].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int OnClose(nghttp2_session*, int32_t stream_id, uint32_t, void* self) {
    Of(self).streams.erase(stream_id);
    std::erase(Of(self).unanswered, stream_id);
    std::erase(Of(self).unended, stream_id);
    return 0;
  }

  static ssize_t ReadBody(nghttp2_session*, int32_t stream_id, uint8_t* buffer, size_t size,
                          uint32_t* flags, nghttp2_data_source*, void* self) {
    Http2Stream& stream = Of(self).streams[stream_id];
    const size_t count = std::min(size, stream.body.size() - stream.body_sent);
    std::copy_n(stream.body.data() + stream.body_sent, count, buffer);
    stream.body_sent += count;
    if (stream.body_sent < stream.body.size()) return static_cast<ssize_t>(count);
    if (Of(self).server.options_.body.end_apart && count > 0) {
      Of(self).unended.push_back(stream_id);
      return static_cast<ssize_t>(count);
    }
    if (std::count(Of(self).unended.begin(), Of(self).unended.end(), stream_id) > 0)
      return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  void TakeRequest(int32_t stream_id) {
    const Http2ServerOptions& options = server.options_;
    ++server.requests_;
    if (server.refused_ < options.refuse_first) {
      ++server.refused_;
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_REFUSED_STREAM);
      return;
    }
    if (++requests == options.go_away_after) {
      nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_NO_ERROR, nullptr, 0);
    }
    unanswered.push_back(stream_id);
    if (unanswered.size() < options.answer_when_open) return;
    for (const int32_t id : unanswered) Answer(id);
    unanswered.clear();
  }

  void Answer(int32_t stream_id) {
    Http2Stream& stream = streams[stream_id];
    if (stream.body.empty()) stream.body = "GET";
    const Http2Body& form = server.options_.body;
    const std::optional<int> off_by = server.requests_ <= form.first_right ? 0 : form.length_off_by;
    const std::string length =
        std::to_string(static_cast<int>(stream.body.size()) + off_by.value_or(0));
    const std::array<nghttp2_nv, 2> headers = {Http2Header(":status", "200"),
                                               Http2Header("content-length", length)};
    nghttp2_data_provider body{};
    body.read_callback = &ReadBody;
    nghttp2_submit_response(session, stream_id, headers.data(), off_by.has_value() ? 2 : 1, &body);
  }

  // What there is to send, as bytes.
  std::string Output() const {
    std::string out;
    const uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session, &bytes)) > 0;) {
      out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
    return out;
  }

  void EndStreams() {
    for (const int32_t id : std::exchange(unended, {})) nghttp2_session_resume_data(session, id);
  }
};

Http2Server::Http2Server(const TestCertificate& certificate, Http2ServerOptions options)
    : options_(options),
      server_(certificate, [this](TlsConnection& connection) { Serve(connection); },
              {.offer_http2 = true}) {}

void Http2Server::Serve(TlsConnection& connection) {
  if (connection.protocol() != "h2") return;
  Http2Session state(*this);
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2Session::OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Http2Session::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Http2Session::OnClose);
  nghttp2_session_server_new(&state.session, callbacks, &state);
  nghttp2_session_callbacks_del(callbacks);

  const nghttp2_settings_entry setting = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                          options_.max_concurrent_streams};
  nghttp2_submit_settings(state.session, NGHTTP2_FLAG_NONE, &setting, 1);
  while (nghttp2_session_want_read(state.session) != 0 ||
         nghttp2_session_want_write(state.session) != 0) {
    const int taken = requests_;
    connection.Write(state.Output());
    if (!state.unended.empty()) {
      state.EndStreams();
      const std::string end = state.Output();
      const bool breaks_off = options_.body.breaks_off && requests_ > options_.body.first_right;
      connection.Write(breaks_off ? std::string({0, 0, 0, NGHTTP2_DATA, 0, 0, 0, 0, 0}) : end);
    }
    answered_ = taken;
    const std::string in = connection.Read();
    if (in.empty()) break;
    received_segments_ = connection.received_segments();
    if (nghttp2_session_mem_recv(state.session, reinterpret_cast<const uint8_t*>(in.data()),
                                 in.size()) < 0) {
      break;
    }
  }
  nghttp2_session_del(state.session);
}

}  // namespace cibad
