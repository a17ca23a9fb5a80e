#include "../../../proto/policy/url_choice.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

TEST(UrlChoice, AFailedAttemptLeadsToTheNextAndTheLastToTheFirst) {
    UrlChoice choice(3);
    EXPECT_EQ(choice.current(), 0U);
    choice.attempt_failed();
    EXPECT_EQ(choice.current(), 1U);
    choice.attempt_failed();
    choice.attempt_failed();
    EXPECT_EQ(choice.current(), 0U);
    choice.attempt_failed();
    choice.restart();
    EXPECT_EQ(choice.current(), 0U);
}

TEST(UrlChoice, OneUrlIsAlwaysChosen) {
    UrlChoice choice(1);
    choice.attempt_failed();
    EXPECT_EQ(choice.current(), 0U);
}

}  // namespace
}  // namespace pinwheel
