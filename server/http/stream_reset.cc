#include "server/http/stream_reset.h"

#include <dlfcn.h>
#include <nghttp2/nghttp2.h>

#include <cassert>

namespace cibad {
namespace {

thread_local int64_t open_stream_resets = 0;

}  // namespace

int64_t OpenStreamResets() { return open_stream_resets; }

}  // namespace cibad

// Exported, so that libcurl finds it. What nghttp2 resets by itself does not come here.
extern "C" [[gnu::visibility("default")]] int nghttp2_submit_rst_stream(nghttp2_session* session,
                                                                        uint8_t flags,
                                                                        int32_t stream_id,
                                                                        uint32_t error_code) {
  static const auto submit = reinterpret_cast<decltype(&nghttp2_submit_rst_stream)>(
      dlsym(RTLD_NEXT, "nghttp2_submit_rst_stream"));
  assert(submit != nullptr);
  const int has_end = nghttp2_session_get_stream_remote_close(session, stream_id);
  const bool has_stream = has_end >= 0;
  if (has_end == 0) ++cibad::open_stream_resets;
  // A request that waits to be sent has no stream yet, and the reset is what takes it back. libcurl
  // would leave it a pointer to a handle that is freed next.
  const bool waits =
      !has_stream && nghttp2_session_set_stream_user_data(session, stream_id, nullptr) == 0;
  return has_stream || waits ? submit(session, flags, stream_id, error_code) : 0;
}
