#include "cert_authority.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "../../net/openssl_ptr_impl.h"

namespace pinwheel {
namespace {

using detail::OpensslPtr;

using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using CertPtr = OpensslPtr<X509, X509_free>;
using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using ExtensionPtr = OpensslPtr<X509_EXTENSION, X509_EXTENSION_free>;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("making a certificate failed at ") + what);
}

template <class Write>
std::string to_pem(Write write) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    require(write(bio.get()) == 1, "writing PEM");
    char* data = nullptr;
    const long size = BIO_ctrl(bio.get(), BIO_CTRL_INFO, 0, static_cast<void*>(&data));
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
    return to_pem(
        [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

KeyPtr make_key(int rsa_bits) {
    KeyPtr key(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
    require(key != nullptr, "making a key");
    return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, value.c_str());
}

std::string alternative_names(const CertificateSpec& spec) {
    std::string names;
    for (const auto& name : spec.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
    for (const auto& address : spec.addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
    return names;
}

/// Signed by `issuer`, or by itself if that is null.
CertPtr make_certificate(const CertificateSpec& spec, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    CertPtr certificate(X509_new());
    X509* const x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    std::uint64_t serial = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), spec.valid_from.count());
    X509_gmtime_adj(X509_getm_notAfter(x509), spec.valid_until.count());
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer : x509;
    X509_set_issuer_name(x509, X509_get_subject_name(signer));
    add_extension(x509, signer, NID_basic_constraints, spec.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(x509, signer, NID_subject_key_identifier, "hash");
    if (spec.is_ca) add_extension(x509, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (const auto names = alternative_names(spec); !names.empty())
        add_extension(x509, signer, NID_subject_alt_name, names);
    require(X509_sign(x509, issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0, "signing");
    return certificate;
}

}  // namespace

struct CertAuthority::Impl {
    KeyPtr key;
    CertPtr certificate;
    std::string chain;  // the intermediate certificates of a leaf; empty below a root
};

CertAuthority::CertAuthority(const std::string& name) : impl_(std::make_unique<Impl>()) {
    impl_->key = make_key(0);
    impl_->certificate =
        make_certificate({.common_name = name, .is_ca = true}, impl_->key.get(), nullptr, nullptr);
    certificate_ = pem_of(impl_->certificate.get());
}

CertAuthority::CertAuthority(const CertAuthority& parent, const std::string& name, bool is_ca)
    : impl_(std::make_unique<Impl>()) {
    impl_->key = make_key(0);
    impl_->certificate = make_certificate({.common_name = name, .is_ca = is_ca}, impl_->key.get(),
                                          parent.impl_->certificate.get(), parent.impl_->key.get());
    certificate_ = pem_of(impl_->certificate.get());
    impl_->chain = certificate_ + parent.impl_->chain;
}

CertAuthority::~CertAuthority() = default;

Identity CertAuthority::issue(const CertificateSpec& spec) const {
    const auto key = make_key(spec.rsa_bits);
    const auto certificate = make_certificate(spec, key.get(), impl_->certificate.get(), impl_->key.get());
    return {pem_of(certificate.get()) + impl_->chain, pem_of(key.get())};
}

Identity CertAuthority::self_signed(const CertificateSpec& spec) {
    const auto key = make_key(spec.rsa_bits);
    const auto certificate = make_certificate(spec, key.get(), nullptr, nullptr);
    return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace pinwheel
