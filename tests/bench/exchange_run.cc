// Requests of the HTTP client, one after the other over one connection, to be run under strace,
// which without -f counts the system calls of the main thread alone: the client's.
//
// usage: exchange_run REQUESTS

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "server/http/clock.h"
#include "server/http/curl_client.h"
#include "tests/unit/http/http2_server.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int left = std::atoi(argv[1]);
  const cibad::TestAuthority authority;
  const cibad::TestCertificate certificate = authority.Issue("DNS:localhost,IP:127.0.0.1");
  const cibad::Http2Server server(certificate, {});
  cibad::EventLoop loop(cibad::MonotonicClock());
  cibad::CurlClientOptions options;
  options.ca_file = authority.file();
  cibad::CurlClient client(loop, options);
  const std::function<void()> send = [&] {
    cibad::HttpRequest request;
    request.method = cibad::HttpMethod::kPost;
    request.url = server.Url();
    request.headers = {"Accept: application/json"};
    request.body = "grant_type=ciba";
    client.Send(std::move(request), [&](const cibad::HttpResult& result) {
      if (!std::holds_alternative<cibad::HttpResponse>(result)) std::exit(1);
      if (--left == 0) return loop.Stop();
      send();
    });
  };
  send();
  loop.Run();
  std::puts("done");
}
