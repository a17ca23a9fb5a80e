#include "temporary_identity.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "../../net/unique_fd.h"
#include "cert_authority.h"

namespace pinwheel {
namespace {

void write_private(const std::string& path, std::string_view text) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    while (file && !text.empty()) {
        const auto size = ::write(file.get(), text.data(), text.size());
        if (size <= 0) break;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    if (!text.empty()) throw std::system_error(errno, std::system_category(), "cannot write " + path);
}

}  // namespace

TemporaryIdentity::TemporaryIdentity() {
    std::string name = (std::filesystem::temp_directory_path() / "pinwheel-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)  // mode 0700
        throw std::system_error(errno, std::system_category(), "cannot make a folder for certificates");
    folder_ = name;
    try {
        make();
    } catch (...) {
        remove();
        throw;
    }
}

void TemporaryIdentity::make() {
    const CertAuthority root("pinwheel authority made on the spot");
    const CertAuthority issuing(root, "pinwheel issuing authority made on the spot");
    authority_ = root.certificate();
    const Identity identity = issuing.issue(
        {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}});
    write_private(certificate_file(), identity.certificate);
    write_private(key_file(), identity.key);
    write_private(authority_file(), authority_);
}

TemporaryIdentity::~TemporaryIdentity() {
    remove();
}

void TemporaryIdentity::remove() noexcept {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

}  // namespace pinwheel
