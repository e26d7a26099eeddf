#include "tests/sandbox/certificates.h"

#include <cassert>

#include "tests/sandbox/openssl_handles.h"
#include "tests/sandbox/pem.h"

namespace cibad {
namespace {

constexpr long kSecondsOfADay = 24L * 60 * 60;
constexpr long kValidDays = 3650;
constexpr int kSerialBits = 127;  // RFC 5280, 4.1.2.2: positive, at most 20 bytes
constexpr int kVersion3 = 2;

void SetSerialNumber(const CertificateHandle& certificate) {
  const BignumHandle number(BN_new());
  BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
}

void SetName(X509_NAME* name, const char* common_name) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
}

// A certificate about the key, as yet without extensions and signature.
CertificateHandle NewCertificate(const KeyHandle& key, const char* subject, const char* issuer) {
  CertificateHandle certificate(X509_new());
  assert(certificate != nullptr);
  X509_set_version(certificate.get(), kVersion3);
  SetSerialNumber(certificate);
  // A day ago: machines that share a folder may disagree about the time.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kSecondsOfADay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidDays * kSecondsOfADay);
  SetName(X509_get_subject_name(certificate.get()), subject);
  SetName(X509_get_issuer_name(certificate.get()), issuer);
  X509_set_pubkey(certificate.get(), key.get());
  return certificate;
}

void AddExtension(const CertificateHandle& certificate, const CertificateHandle& issuer, int nid,
                  const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.get(), certificate.get(), nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  assert(extension != nullptr);
  X509_add_ext(certificate.get(), extension.get(), -1);
}

void Sign(const CertificateHandle& certificate, const KeyHandle& key) {
  const int size = X509_sign(certificate.get(), key.get(), EVP_sha256());
  assert(size > 0);
  static_cast<void>(size);
}

}  // namespace

Certificates MakeCertificates() {
  constexpr const char* kAuthorityName = "cibad sandbox CA";
  const KeyHandle ca_key = MakeEcKey();
  const CertificateHandle ca = NewCertificate(ca_key, kAuthorityName, kAuthorityName);
  AddExtension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(ca, ca, NID_subject_key_identifier, "hash");
  Sign(ca, ca_key);

  const KeyHandle server_key = MakeEcKey();
  const CertificateHandle server = NewCertificate(server_key, "cibad sandbox", kAuthorityName);
  AddExtension(server, ca, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(server, ca, NID_key_usage, "critical,digitalSignature");
  AddExtension(server, ca, NID_ext_key_usage, "serverAuth");
  AddExtension(server, ca, NID_subject_key_identifier, "hash");
  AddExtension(server, ca, NID_authority_key_identifier, "keyid");
  AddExtension(server, ca, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  Sign(server, ca_key);

  return {.ca = CertificatePem(ca),
          .server = CertificatePem(server),
          .server_key = PrivateKeyPem(server_key)};
}

}  // namespace cibad
