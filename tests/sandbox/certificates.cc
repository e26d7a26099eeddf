#include "tests/sandbox/certificates.h"

#include <cassert>

#include "tests/sandbox/openssl_handles.h"
#include "tests/sandbox/pem.h"

namespace cibad {
namespace {

constexpr long kSecondsOfAnHour = 60L * 60;
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
CertificateHandle NewCertificate(const KeyHandle& key, const CertificateOptions& options,
                                 const std::string& issuer) {
  CertificateHandle certificate(X509_new());
  assert(certificate != nullptr);
  X509_set_version(certificate.get(), kVersion3);
  SetSerialNumber(certificate);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()),
                  options.begins_in_hours * kSecondsOfAnHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.ends_in_hours * kSecondsOfAnHour);
  SetName(X509_get_subject_name(certificate.get()), options.common_name.c_str());
  SetName(X509_get_issuer_name(certificate.get()), issuer.c_str());
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

CertificateAuthority::CertificateAuthority(const std::string& name)
    : name_(name),
      key_(MakeEcKey()),
      certificate_(NewCertificate(key_, {.common_name = name}, name)) {
  AddExtension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate_, certificate_, NID_subject_key_identifier, "hash");
  Sign(certificate_, key_);
}

std::string CertificateAuthority::certificate() const { return CertificatePem(certificate_); }

Certified CertificateAuthority::Issue(const CertificateOptions& options) const {
  const KeyHandle key = MakeEcKey();
  const CertificateHandle certificate = NewCertificate(key, options, name_);
  AddExtension(certificate, certificate_, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(certificate, certificate_, NID_key_usage, "critical,digitalSignature");
  AddExtension(certificate, certificate_, NID_ext_key_usage,
               options.is_server ? "serverAuth" : "clientAuth");
  AddExtension(certificate, certificate_, NID_subject_key_identifier, "hash");
  AddExtension(certificate, certificate_, NID_authority_key_identifier, "keyid");
  if (!options.alternative_names.empty()) {
    AddExtension(certificate, certificate_, NID_subject_alt_name,
                 options.alternative_names.c_str());
  }
  Sign(certificate, key_);
  return {CertificatePem(certificate), PrivateKeyPem(key)};
}

Certificates MakeCertificates() {
  const CertificateAuthority authority("cibad sandbox CA");
  const Certified server =
      authority.Issue({.common_name = "cibad sandbox",
                       .alternative_names = "DNS:localhost,IP:127.0.0.1,IP:::1",
                       .is_server = true});
  return {.ca = authority.certificate(), .server = server.certificate, .server_key = server.key};
}

}  // namespace cibad
