#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "tls_impl.h"

namespace pinwheel::detail {

std::string_view certificate_advice(long verify_result) noexcept {
    switch (verify_result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "the server must renew it, unless this machine's clock is wrong";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "is this machine's clock right?";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "it is for other hosts; is the host in the URL right?";
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return "the server needs one with a key of at least RSA 2048 or P-256, signed over SHA-256 or "
                   "better";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return "if it is to be trusted, give its CA with ca_file";
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "if it is to be trusted, give its CA with ca_file; if its CA is trusted, the server "
                   "leaves "
                   "out an intermediate certificate";
        default:
            return "the server needs another one";
    }
}

std::string_view failure_advice(int reason) noexcept {
    switch (reason) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return "the two sides allow no common TLS version; this side asks for TLS 1.2 at least";
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return "the server demands a client certificate: give certificate_file and key_file";
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "the two sides have no cipher in common, or the server demands a client certificate "
                   "(certificate_file and key_file)";
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
            return "the server refuses the client certificate in certificate_file";
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            return "the server does not know the host in the URL";
        default:
            return {};
    }
}

}  // namespace pinwheel::detail
