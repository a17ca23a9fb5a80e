#pragma once

#include <filesystem>
#include <string>

namespace pinwheel {

/// A certificate for localhost, 127.0.0.1 and ::1, made at run time under its own authority, with an
/// intermediate one as a public server has. The object removes the files, which are readable by this user
/// only.
class TemporaryIdentity {
  public:
    TemporaryIdentity();
    ~TemporaryIdentity();
    TemporaryIdentity(const TemporaryIdentity&) = delete;
    TemporaryIdentity& operator=(const TemporaryIdentity&) = delete;

    [[nodiscard]] std::string certificate_file() const { return (folder_ / "certificate.pem").string(); }
    [[nodiscard]] std::string key_file() const { return (folder_ / "key.pem").string(); }
    [[nodiscard]] std::string authority_file() const { return (folder_ / "ca.pem").string(); }
    /// The authority's certificate, as PEM.
    [[nodiscard]] const std::string& authority() const noexcept { return authority_; }

  private:
    void make();
    void remove() noexcept;

    std::filesystem::path folder_;
    std::string authority_;
};

}  // namespace pinwheel
