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

extern "C" int nghttp2_submit_rst_stream(nghttp2_session* session, uint8_t flags, int32_t stream_id,
                                         uint32_t error_code) {
  static const auto submit = reinterpret_cast<decltype(&nghttp2_submit_rst_stream)>(
      dlsym(RTLD_NEXT, "nghttp2_submit_rst_stream"));
  assert(submit != nullptr);
  const bool is_open = nghttp2_session_get_stream_remote_close(session, stream_id) >= 0;
  if (is_open) ++cibad::open_stream_resets;
  // A request that waits to be sent has no stream yet, and the reset is what takes it back.
  const bool may_wait = nghttp2_session_get_outbound_queue_size(session) > 0;
  return is_open || may_wait ? submit(session, flags, stream_id, error_code) : 0;
}
