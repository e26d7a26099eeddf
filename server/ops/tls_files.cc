#include "server/ops/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/ops/protected_file.h"

namespace cibad {
namespace {

struct FreeOpenssl {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioHandle = std::unique_ptr<BIO, FreeOpenssl>;
using X509Handle = std::unique_ptr<X509, FreeOpenssl>;
using PrivateKeyHandle = std::unique_ptr<EVP_PKEY, FreeOpenssl>;

absl::Status AboutTls(absl::string_view key, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", what));
}

// Nobody is there to type a password.
int NoPassword(char* /*password*/, int /*size*/, int /*is_writing*/, void* /*data*/) { return 0; }

BioHandle Over(const std::string& pem) {
  return BioHandle(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// The certificates of the text, of which there is at least one.
absl::StatusOr<std::vector<X509Handle>> ReadCertificates(absl::string_view key,
                                                         const std::string& pem) {
  const BioHandle bio = Over(pem);
  std::vector<X509Handle> certificates;
  ERR_clear_error();
  while (X509Handle next{PEM_read_bio_X509(bio.get(), nullptr, &NoPassword, nullptr)})
    certificates.push_back(std::move(next));
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.empty() || !is_end) {
    return AboutTls(key,
                    "the file holds no certificate, or a damaged one; it must be PEM, with "
                    "BEGIN CERTIFICATE lines");
  }
  return certificates;
}

absl::StatusOr<absl::Time> TimeOf(absl::string_view key, const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return AboutTls(key, "the certificate has no readable time in it");
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// When the certificate ends, if it is valid at `now`.
absl::StatusOr<absl::Time> EndOf(const X509* certificate, absl::Time now) {
  const absl::StatusOr<absl::Time> begin =
      TimeOf("certificate_file", X509_get0_notBefore(certificate));
  const absl::StatusOr<absl::Time> end =
      TimeOf("certificate_file", X509_get0_notAfter(certificate));
  if (!begin.ok()) return begin.status();
  if (!end.ok()) return end.status();
  const auto shown = [](absl::Time time) {
    return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
  };
  if (now > *end) {
    return AboutTls("certificate_file", absl::StrCat("the certificate ended on ", shown(*end),
                                                     "; put a renewed one there, with its key"));
  }
  if (now < *begin) {
    return AboutTls("certificate_file", absl::StrCat("the certificate begins on ", shown(*begin),
                                                     " only; is this machine's clock right?"));
  }
  return *end;
}

// When the first of the authorities ends.
absl::StatusOr<absl::Time> SoonestEnd(const std::vector<X509Handle>& authorities) {
  absl::Time soonest = absl::InfiniteFuture();
  for (const X509Handle& authority : authorities) {
    const absl::StatusOr<absl::Time> end =
        TimeOf("client_ca_file", X509_get0_notAfter(authority.get()));
    if (!end.ok()) return end.status();
    soonest = std::min(soonest, *end);
  }
  return soonest;
}

absl::Status CheckKey(const std::string& pem, X509* certificate) {
  const BioHandle bio = Over(pem);
  const PrivateKeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, nullptr));
  const bool fits = key != nullptr && X509_check_private_key(certificate, key.get()) == 1;
  ERR_clear_error();
  if (key == nullptr) {
    return AboutTls(
        "key_file",
        "the file holds no private key, or one with a password; it must be PEM, without "
        "one");
  }
  if (fits) return absl::OkStatus();
  return AboutTls("key_file",
                  "the key is not that of the certificate in certificate_file, of which "
                  "the daemon's own must be the first");
}

absl::StatusOr<std::string> ReadTlsFile(absl::string_view key, const std::string& path) {
  constexpr size_t kMaxBytes = 1 << 20;
  absl::StatusOr<std::string> contents =
      ReadProtectedFile(path, kMaxBytes, /*refuse_others=*/false);
  if (contents.ok()) return contents;
  return AboutTls(key, absl::StrCat("the file \"", path, "\" ", contents.status().message()));
}

}  // namespace

absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files, absl::Time now) {
  TlsMaterial material;
  absl::StatusOr<std::string> certificate = ReadTlsFile("certificate_file", files.certificate_file);
  if (!certificate.ok()) return certificate.status();
  material.certificate = *std::move(certificate);
  absl::StatusOr<Secret> key = ReadPrivateKeyFile(files.key_file);
  if (!key.ok()) return AboutTls("key_file", key.status().message());
  material.key = *std::move(key);

  const absl::StatusOr<std::vector<X509Handle>> chain =
      ReadCertificates("certificate_file", material.certificate);
  if (!chain.ok()) return chain.status();
  X509* const own = chain->front().get();
  if (absl::Status status = CheckKey(material.key.Reveal(), own); !status.ok()) return status;
  const absl::StatusOr<absl::Time> end = EndOf(own, now);
  if (!end.ok()) return end.status();
  material.end = *end;
  if (files.client_ca_file.empty()) return material;

  absl::StatusOr<std::string> ca = ReadTlsFile("client_ca_file", files.client_ca_file);
  if (!ca.ok()) return ca.status();
  const absl::StatusOr<std::vector<X509Handle>> authorities =
      ReadCertificates("client_ca_file", *ca);
  if (!authorities.ok()) return authorities.status();
  const absl::StatusOr<absl::Time> ca_end = SoonestEnd(*authorities);
  if (!ca_end.ok()) return ca_end.status();
  material.client_ca_end = *ca_end;
  material.client_ca = *std::move(ca);
  return material;
}

}  // namespace cibad
