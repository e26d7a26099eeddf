#include "tests/unit/http/test_certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cstdio>
#include <cstdlib>

namespace cibad {
namespace {

constexpr long kLifeSeconds = 3600;

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  assert(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// A certificate for `common_name`, as yet unsigned.
TestCertificate MakeUnsigned(const char* common_name) {
  static std::atomic<long> serial = 1;
  TestCertificate made;
  made.key.reset(EVP_EC_gen("P-256"));
  made.certificate.reset(X509_new());
  assert(made.key != nullptr && made.certificate != nullptr);
  X509* const certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kLifeSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kLifeSeconds);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
  return made;
}

}  // namespace

TestAuthority::TestAuthority() : self_(MakeUnsigned("test authority")) {
  X509* const certificate = self_.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  X509_sign(certificate, self_.key.get(), EVP_sha256());

  file_ = "/tmp/cibad-test-ca-XXXXXX";
  const int fd = mkstemp(file_.data());
  assert(fd >= 0);
  FILE* const file = fdopen(fd, "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
}

TestAuthority::~TestAuthority() { unlink(file_.c_str()); }

TestCertificate TestAuthority::Issue(const std::string& names) const {
  TestCertificate issued = MakeUnsigned("test server");
  X509* const certificate = issued.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(self_.certificate.get()));
  AddExtension(certificate, self_.certificate.get(), NID_subject_alt_name, names);
  AddExtension(certificate, self_.certificate.get(), NID_authority_key_identifier, "keyid");
  X509_sign(certificate, self_.key.get(), EVP_sha256());
  return issued;
}

}  // namespace cibad
