// What libcurl 7.88 gets wrong about the end of an HTTP/2 stream: it resets a stream when it is
// done with it, which mostly is after the stream's end. On a closed stream nothing but PRIORITY may
// be sent (RFC 9113, 5.1), and since the "rapid reset" attack (CVE-2023-44487) servers count:
// nghttp2, and so Node and Apache, closes the connection after a thousand resets that come faster
// than 33 a second. All that is under way on it goes unanswered: a customer whose start was among
// it is asked for a login that has failed.
//
// libcurl has no option for it, so the function that it calls is replaced, in every executable that
// has this library: a stream that has ended is not reset any more. One that has not ended is. Its
// request was given up, maybe before it left; or its answer had all the bytes that were announced,
// and libcurl did not wait for the frame that ends the stream.

#ifndef CIBAD_SERVER_HTTP_STREAM_RESET_H_
#define CIBAD_SERVER_HTTP_STREAM_RESET_H_

#include <cstdint>

namespace cibad {

// How many streams libcurl has reset on this thread that had not ended.
int64_t OpenStreamResets();

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_STREAM_RESET_H_
