// A delivery to the webhook: its headers and its body, signed or not.

#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/engine/ping_receiver.h"
#include "server/provider/text_rules.h"
#include "server/provider/webhook_signature.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

constexpr char kDate[] = "Tue, 24 Nov 2026 06:07:52 GMT";
constexpr char kWebhookSecret[] = "7wM0eK1Yk9sOq3cU";

const WebhookEndpoint& Endpoint() {
  static const WebhookEndpoint endpoint = [] {
    WebhookEndpoint made = ParseWebhookUrl("https://tills.example.com/hooks/vipps?unit=1").value();
    made.secrets = {Secret(kWebhookSecret)};
    return made;
  }();
  return endpoint;
}

std::string HashOf(absl::string_view body) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest);
  return absl::Base64Escape({reinterpret_cast<const char*>(digest), sizeof(digest)});
}

// What the provider would send along with this body.
std::string AuthorizationFor(const std::string& hash) {
  const std::string text = absl::StrCat("POST\n", Endpoint().path_and_query, "\n", kDate, ";",
                                        Endpoint().host, ";", hash);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  unsigned int size = 0;
  HMAC(EVP_sha256(), kWebhookSecret, sizeof(kWebhookSecret) - 1,
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return absl::StrCat("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=",
                      absl::Base64Escape({reinterpret_cast<const char*>(digest), size}));
}

// Headers in their order, repeated ones too, behind them the body; see AnswerOf for the form.
ServerRequest RequestOf(absl::string_view input) {
  ServerRequest request{"POST", Endpoint().path, "unit=1", {}, ""};
  while (!input.empty()) {
    const absl::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    if (line.empty()) break;
    const size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(line.substr(0, colon),
                                 line.substr(std::min(colon + 2, line.size())));
  }
  request.body = std::string(input);
  return request;
}

// The receiver, whose clock runs so fast that nobody is ever too many.
ServerResponse Deliver(const ServerRequest& request, std::string& auth_req_id) {
  static absl::Time now = absl::FromUnixSeconds(1'788'000'000);
  static std::string* taken = nullptr;
  static PingReceiver receiver([] { return now; },
                               [](const std::string&, const std::string& id) { *taken = id; });
  static const bool is_set = [] {
    SalesUnit unit;
    unit.msn = "123456";
    unit.webhook = Endpoint();
    receiver.SetSalesUnits({{unit.msn, unit}});
    return true;
  }();
  static_cast<void>(is_set);
  taken = &auth_req_id;
  now += absl::Minutes(1);
  if (auto refusal = receiver.Admit(request)) return *std::move(refusal);
  return receiver.Answer(request);
}

}  // namespace

// The first character says which: `s` for a body that is signed here, any other for a delivery with
// headers of its own. Of those the corpus has two genuine ones, over kDate and these hashes.
void FuzzPing(absl::string_view input) {
  if (input.empty()) return;
  const bool is_signed_here = input[0] == 's';
  ServerRequest request;
  if (is_signed_here) {
    const std::string hash = HashOf(input.substr(1));
    request = RequestOf("");
    request.headers = {{"x-ms-date", kDate},
                       {"x-ms-content-sha256", hash},
                       {"authorization", AuthorizationFor(hash)}};
    request.body = std::string(input.substr(1));
  } else {
    request = RequestOf(input.substr(1));
  }
  std::string auth_req_id;
  const int status = Deliver(request, auth_req_id).status;
  if (is_signed_here) {
    Require(status == 200 || status == 400, "what is signed is read");
  } else if (status != 401) {
    const auto authorization = OnlyHeader(request, "authorization");
    Require(
        authorization.ok() &&
            absl::StrContains(*authorization, AuthorizationFor(HashOf(request.body)).substr(70)),
        "what is not signed is refused");
  }
  if (status == 200) Require(IsVisibleAscii(auth_req_id), "a ping names an auth_req_id");
}

}  // namespace cibad::fuzz
