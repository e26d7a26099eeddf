#include "server/http/stream_reset.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/http/http2_header.h"

namespace cibad {
namespace {

// A client of nghttp2's, whose frames go nowhere, and whose server's are made by hand.
class StreamResetTest : public ::testing::Test {
 protected:
  StreamResetTest() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &OnSent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &OnClosed);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    Receive({0, 0, 0, NGHTTP2_SETTINGS, 0, 0, 0, 0, 0});
    Send();
  }
  ~StreamResetTest() override { nghttp2_session_del(session_); }

  int32_t SubmitRequest() {
    const std::array<nghttp2_nv, 4> headers = {
        Http2Header(":method", "GET"), Http2Header(":path", "/"), Http2Header(":scheme", "https"),
        Http2Header(":authority", "localhost")};
    return nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), nullptr, this);
  }

  void Reset(int32_t stream_id) {
    ASSERT_EQ(
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_STREAM_CLOSED),
        0);
  }

  void Receive(const std::vector<uint8_t>& frames) {
    ASSERT_EQ(nghttp2_session_mem_recv(session_, frames.data(), frames.size()),
              static_cast<ssize_t>(frames.size()));
  }

  // Has what there is to send leave; gives the types of its frames.
  std::vector<int> Send() {
    const uint8_t* bytes = nullptr;
    while (nghttp2_session_mem_send(session_, &bytes) > 0) continue;
    return std::exchange(sent_, {});
  }

  // ":status: 200" is the eighth of HPACK's table.
  static std::vector<uint8_t> Answer(int32_t stream_id) {
    return {0,
            0,
            1,
            NGHTTP2_HEADERS,
            NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
            0,
            0,
            0,
            static_cast<uint8_t>(stream_id),
            0x88};
  }

  nghttp2_session* session_ = nullptr;
  std::vector<int32_t> closed_with_owner_;  // streams that ended and still knew whose they were

 private:
  static int OnSent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    static_cast<StreamResetTest*>(self)->sent_.push_back(frame->hd.type);
    return 0;
  }

  static int OnClosed(nghttp2_session* session, int32_t stream_id, uint32_t, void* self) {
    if (nghttp2_session_get_stream_user_data(session, stream_id) != nullptr) {
      static_cast<StreamResetTest*>(self)->closed_with_owner_.push_back(stream_id);
    }
    return 0;
  }

  std::vector<int> sent_;
};

TEST_F(StreamResetTest, AStreamThatHasEndedIsNotReset) {
  const int32_t stream = SubmitRequest();
  EXPECT_EQ(Send(), std::vector<int>{NGHTTP2_HEADERS});
  Receive(Answer(stream));
  const int64_t before = OpenStreamResets();
  Reset(stream);
  EXPECT_EQ(Send(), std::vector<int>{});
  EXPECT_EQ(OpenStreamResets(), before);
}

TEST_F(StreamResetTest, AStreamThatIsOpenIsResetAndCounted) {
  const int32_t stream = SubmitRequest();
  EXPECT_EQ(Send(), std::vector<int>{NGHTTP2_HEADERS});
  const int64_t before = OpenStreamResets();
  Reset(stream);
  EXPECT_EQ(Send(), std::vector<int>{NGHTTP2_RST_STREAM});
  EXPECT_EQ(OpenStreamResets(), before + 1);
}

// A start that was given up before it left must not ask the customer afterwards. And its owner is
// gone by the time that nghttp2 drops it.
TEST_F(StreamResetTest, ARequestThatHasNotLeftYetNeverLeaves) {
  Reset(SubmitRequest());
  EXPECT_EQ(Send(), std::vector<int>{});
  const int32_t first = SubmitRequest();
  const int32_t second = SubmitRequest();
  Reset(second);
  EXPECT_EQ(Send(), std::vector<int>{NGHTTP2_HEADERS});
  EXPECT_EQ(closed_with_owner_, std::vector<int32_t>{});
  Receive(Answer(first));
  EXPECT_EQ(closed_with_owner_, std::vector<int32_t>{first});
}

// Frames of others that wait to be sent do not make it one that waits.
TEST_F(StreamResetTest, AStreamThatHasEndedIsNotResetWhileAnotherWaits) {
  const int32_t stream = SubmitRequest();
  EXPECT_EQ(Send(), std::vector<int>{NGHTTP2_HEADERS});
  Receive(Answer(stream));
  SubmitRequest();
  Reset(stream);
  EXPECT_EQ(Send(), std::vector<int>{NGHTTP2_HEADERS});
}

}  // namespace
}  // namespace cibad
