#include "temporary_identity.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "cert_authority.h"

namespace pinwheel {

TemporaryIdentity::TemporaryIdentity() {
    std::string name = (std::filesystem::temp_directory_path() / "pinwheel-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)  // mode 0700
        throw std::system_error(errno, std::system_category(), "cannot make a folder for certificates");
    folder_ = name;
    const CertAuthority root("pinwheel authority made on the spot");
    const CertAuthority issuing(root, "pinwheel issuing authority made on the spot");
    authority_ = root.certificate();
    const Identity identity = issuing.issue(
        {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}});
    std::ofstream(certificate_file()) << identity.certificate;
    std::ofstream(key_file()) << identity.key;
    std::ofstream(authority_file()) << authority_;
}

TemporaryIdentity::~TemporaryIdentity() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace pinwheel
