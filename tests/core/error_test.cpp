#include "../../core/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "../../core/bounded_text_impl.h"

namespace pinwheel {
namespace {

TEST(Error, AnErrcIsAnErrorCodeOfOurCategory) {
    const std::error_code code = Errc::bad_utf8;
    EXPECT_STREQ(code.category().name(), "pinwheel");
    EXPECT_EQ(code.message(), "the peer sent text that is not UTF-8");
    EXPECT_EQ(pinwheel_category().message(250), "unknown pinwheel error");
}

TEST(Error, ClassAndRetryabilityFollowTheCode) {
    EXPECT_EQ(error_class(Errc::tls_certificate), ErrorClass::tls);
    EXPECT_FALSE(is_retryable(Errc::tls_certificate));
    EXPECT_FALSE(is_retryable(Errc::upgrade_refused));
    EXPECT_TRUE(is_retryable(Errc::upgrade_unavailable));
    EXPECT_TRUE(is_retryable(Errc::connection_refused));
    EXPECT_EQ(error_class(Errc::message_too_large), ErrorClass::limit);
    EXPECT_EQ(to_string(ErrorClass::limit), "limit");
}

TEST(Error, ErrnoMapsToACode) {
    EXPECT_EQ(errc_from_errno(0), Errc::ok);
    EXPECT_EQ(errc_from_errno(EPIPE), Errc::connection_reset);
    EXPECT_EQ(errc_from_errno(EMFILE), Errc::out_of_descriptors);
    EXPECT_EQ(errc_from_errno(ENOSPC), Errc::io_failure) << "a full disk";
    EXPECT_EQ(errc_from_errno(ENOMEM), Errc::out_of_memory);
    EXPECT_EQ(errc_from_errno(ENOBUFS), Errc::out_of_memory);
    EXPECT_EQ(errc_from_errno(ENOTTY), Errc::io_failure);
}

TEST(Error, MessageIsTheDetailOrTheCodesSentence) {
    EXPECT_EQ((Error{Errc::invalid_url, ""}).message(), "the URL is not a valid ws or wss URL");
    EXPECT_EQ((Error{Errc::invalid_url, "port 70000"}).message(), "port 70000");
    EXPECT_FALSE(Error{}.failed());
    EXPECT_TRUE((Error{Errc::timeout, ""}).failed());
}

// N8, M3: whatever an error was built from.
TEST(Error, N8MessageIsOfBoundedSize) {
    const std::string text = (Error{Errc::invalid_url, std::string(100'000, 'x')}).message();
    EXPECT_LE(text.size(), detail::kMaxErrorText);
    EXPECT_NE(text.find(" bytes more)"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
