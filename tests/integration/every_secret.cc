#include "tests/integration/every_secret.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/integration/integration_test.h"
#include "tests/sandbox/pem.h"

namespace cibad {
namespace {

constexpr int kKeyBytes = 32;

std::string HexSha256Of(const std::string& text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return absl::BytesToHexString(hash);
}

// As application/x-www-form-urlencoded has a text in base64.
std::string FormEncoded(const std::string& text) {
  return absl::StrReplaceAll(text, {{"+", "%2B"}, {"/", "%2F"}, {"=", "%3D"}});
}

std::string Decoded(const std::string& base64) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(base64, &bytes));
  return bytes;
}

// The private number of an EC key, as it stands in files; in memory OpenSSL has it backwards.
std::string PrivateNumber(const std::string& pem) {
  BIGNUM* number = nullptr;
  const KeyHandle key = KeyFromPem(pem);
  EXPECT_EQ(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
  const BignumHandle owned(number);
  std::string bytes(kKeyBytes, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kKeyBytes);
  return bytes;
}

// What stands between the quotes behind `key = `.
std::string ValueIn(const std::string& config, const std::string& key) {
  const std::string start = key + " = \"";
  const size_t begin = config.find(start) + start.size();
  return config.substr(begin, config.find('"', begin) - begin);
}

std::string Line(const std::string& file) {
  return std::string(absl::StripTrailingAsciiWhitespace(ReadFile(file)));
}

}  // namespace

std::string RandomSecret(int bytes) {
  std::string random(static_cast<size_t>(bytes), '\0');
  EXPECT_EQ(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), bytes), 1);
  return absl::Base64Escape(random);
}

EverySecret::EverySecret(SandboxProcess* sandbox) : sandbox_(sandbox) {}

void EverySecret::WriteSecret(const std::string& name, const std::string& text) const {
  WriteFile(File(name), text);
  ASSERT_EQ(chmod(File(name).c_str(), 0600), 0) << name;
}

void EverySecret::WriteFiles() {
  WriteSecret("client_secret", client_secret_);
  WriteSecret("subscription_key", subscription_key_);
  WriteSecret("webhook_secret", webhook_secret_);
  token_ = RandomSecret(kKeyBytes);
  store_key_ = RandomSecret(kKeyBytes);
  WriteSecret("cibad.key", store_key_);
  const Certified server = authority_.Issue({.common_name = "cibad",
                                             .alternative_names = "DNS:localhost,IP:127.0.0.1",
                                             .is_server = true});
  tls_key_ = server.key;
  WriteSecret("tls_key.pem", tls_key_);
  WriteFile(File("tls.pem"), server.certificate);
}

void EverySecret::Plant(int ping_fallback_seconds, const std::string& audit_file) {
  client_secret_ = Line(File("client_secret"));
  subscription_key_ = Line(File("subscription_key"));
  const absl::StatusOr<std::string> webhook = sandbox_->RegisterWebhook(kWebhookUrl);
  ASSERT_TRUE(webhook.ok()) << webhook.status();
  webhook_secret_ = *webhook;
  old_webhook_secret_ = RandomSecret(kKeyBytes);
  WriteSecret("old_webhook_secret", old_webhook_secret_);
  old_store_key_ = RandomSecret(kKeyBytes);
  WriteSecret("old.key", old_store_key_);
  WriteFile(File("client_ca.pem"), authority_.certificate());
  WriteFiles();

  config_ = absl::StrReplaceAll(
      ReadFile(sandbox_->config_path()),
      {{"\"info\"", "\"debug\""},
       {"grpc = [",
        "metrics = \"127.0.0.1:0\"\nwebhook = \"127.0.0.1:0\"\ngrpc = [\"127.0.0.1:0\", "},
       {"\n[store]", absl::StrCat("webhook_url = \"", kWebhookUrl, "\"\nping_fallback_seconds = ",
                                  ping_fallback_seconds, "\n\n[store]")}});
  absl::StrAppend(&config_,
                  "\n[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls_key.pem\"\n"
                  "client_ca_file = \"client_ca.pem\"\n");
  if (!audit_file.empty()) absl::StrAppend(&config_, "\n[audit]\nfile = \"", audit_file, "\"\n");
  WriteConfig("\"webhook_secret\", \"old_webhook_secret\"", "\"old.key\"");
}

void EverySecret::Rotate() {
  client_secret_ = RandomSecret(kKeyBytes);
  subscription_key_ = RandomSecret(kKeyBytes);
  webhook_secret_ = RandomSecret(kKeyBytes);
  WriteFiles();
  WriteConfig("\"webhook_secret\"", "");
}

void EverySecret::WriteConfig(const std::string& webhook_secrets,
                              const std::string& old_store_keys) const {
  std::string config = absl::StrReplaceAll(
      config_, {{"ping_fallback_seconds", absl::StrCat("webhook_secret_files = [", webhook_secrets,
                                                       "]\nping_fallback_seconds")},
                {"\n[log]", absl::StrCat("old_key_files = [", old_store_keys, "]\n\n[log]")}});
  const auto add_caller = [&config](const std::string& name, const std::string& identity) {
    absl::StrAppend(&config, "\n[[caller]]\nname = \"", name, "\"\n", identity,
                    "\nrpcs = [\"*\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\n"
                    "redirect_uris = [\"*\"]\n");
  };
  add_caller("tills", "certificates = [\"*.tills.example\"]");
  add_caller("scanners", absl::StrCat("token_sha256 = [\"", HexSha256Of(token_), "\"]"));
  WriteFile(sandbox_->config_path(), config);
}

absl::Status EverySecret::Find(DaemonProcess& daemon) {
  const auto port_behind = [&daemon](const std::string& start) -> absl::StatusOr<int> {
    const auto line = daemon.process().WaitForLine(OutputStream::kStderr, start);
    if (!line.ok()) return line.status();
    const std::string rest = line->substr(line->find(start) + start.size());
    int port = 0;
    if (absl::SimpleAtoi(rest.substr(0, rest.find_first_not_of("0123456789")), &port)) return port;
    return absl::InternalError(*line);
  };
  const auto tls = port_behind("Listening address=127.0.0.1:");
  if (!tls.ok()) return tls.status();
  tls_address_ = absl::StrCat("127.0.0.1:", *tls);
  const auto metrics = port_behind("Serving metrics address=127.0.0.1:");
  if (!metrics.ok()) return metrics.status();
  metrics_port_ = *metrics;
  const auto pings = port_behind("Listening for pings address=127.0.0.1:");
  if (!pings.ok()) return pings.status();
  return sandbox_->DeliverPingsTo(absl::StrCat("127.0.0.1:", *pings));
}

TillSecurity EverySecret::WithToken() const {
  return {authority_.certificate(), "", "", "Bearer " + token_};
}

TillSecurity EverySecret::WithCertificate() const {
  const Certified client =
      authority_.Issue({.common_name = "t", .alternative_names = "DNS:t17.tills.example"});
  return {authority_.certificate(), client.certificate, client.key, ""};
}

std::vector<Planted> EverySecret::All() const {
  std::vector<Planted> all;
  const auto add_form_field = [&all](const std::string& what, const std::string& text) {
    all.push_back({what, text, 1});
    if (FormEncoded(text) != text) all.push_back({what + " in a form", FormEncoded(text), 0});
  };
  add_form_field("client secret", client_secret_);
  const std::string basic =
      absl::StrCat(FormEncoded(ValueIn(config_, "client_id")), ":", FormEncoded(client_secret_));
  all.push_back({"Basic", absl::Base64Escape(basic), 0});
  all.push_back({"subscription key", subscription_key_, 1});
  all.push_back({"webhook secret", webhook_secret_, 1});
  all.push_back({"old webhook secret", old_webhook_secret_, 1});
  all.push_back({"store key", Decoded(store_key_), 1});
  all.push_back({"store key as text", store_key_, 0});
  all.push_back({"old store key", Decoded(old_store_key_), 1});
  all.push_back({"old store key as text", old_store_key_, 0});
  all.push_back({"a caller's token", token_, 0});
  const std::vector<std::string> lines = absl::StrSplit(tls_key_, '\n');
  all.push_back({"TLS key as text", lines.at(1), 1});
  std::string number = PrivateNumber(tls_key_);
  all.push_back({"TLS key as a file has it", number, 0});
  std::reverse(number.begin(), number.end());
  all.push_back({"TLS key", number, 1});
  return all;
}

}  // namespace cibad
