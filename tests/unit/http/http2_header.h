// A header as nghttp2 takes it, for tests that send frames by hand.

#ifndef CIBAD_TESTS_UNIT_HTTP_HTTP2_HEADER_H_
#define CIBAD_TESTS_UNIT_HTTP_HTTP2_HEADER_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>

#include "absl/strings/string_view.h"

namespace cibad {

// Of texts that stay where they are until the header has been submitted; nghttp2 only reads them.
inline nghttp2_nv Http2Header(absl::string_view name, absl::string_view value) {
  const auto bytes = [](absl::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_HTTP_HTTP2_HEADER_H_
