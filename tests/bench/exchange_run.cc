// Requests of the HTTP client over one connection, to be run under strace, which without -f counts
// the system calls of the main thread alone: the client's. So many are under way at a time, and the
// next begin when all of them are answered: the first finds the connection, the others share it.
//
// usage: exchange_run REQUESTS AT_A_TIME

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "server/http/clock.h"
#include "server/http/curl_client.h"
#include "tests/unit/http/http2_server.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int left = std::atoi(argv[1]);
  const int at_a_time = std::atoi(argv[2]);
  int under_way = 0;
  const cibad::TestAuthority authority;
  const cibad::TestCertificate certificate = authority.Issue("DNS:localhost,IP:127.0.0.1");
  const cibad::Http2Server server(certificate, {});
  cibad::EventLoop loop(cibad::MonotonicClock());
  cibad::CurlClientOptions options;
  options.ca_file = authority.file();
  cibad::CurlClient client(loop, options);
  std::function<void()> begin_round;
  const auto send = [&] {
    cibad::HttpRequest request;
    request.method = cibad::HttpMethod::kPost;
    request.url = server.Url();
    request.headers = {"Accept: application/json"};
    request.body = "grant_type=ciba";
    client.Send(std::move(request), [&](const cibad::HttpResult& result) {
      if (!std::holds_alternative<cibad::HttpResponse>(result)) std::exit(1);
      if (--left == 0) return loop.Stop();
      if (--under_way == 0) begin_round();
    });
  };
  begin_round = [&] {
    under_way = std::min(at_a_time, left);
    for (int i = under_way; i > 0; --i) send();
  };
  begin_round();
  loop.Run();
  std::puts("done");
}
