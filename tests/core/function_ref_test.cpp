#include "../../core/function_ref.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace pinwheel {
namespace {

struct Counter {
    int add(int value) { return total += value; }
    [[nodiscard]] int get(int) const { return total; }
    int total = 0;
};

TEST(FunctionRef, IsFalseUntilItRefersToSomething) {
    const FunctionRef<void()> none;
    EXPECT_FALSE(none);
    auto nothing = [] {};
    EXPECT_TRUE(FunctionRef<void()>(nothing));
}

TEST(FunctionRef, CallsTheObjectItselfAndNoCopy) {
    int calls = 0;
    auto count = [calls]() mutable { return ++calls; };
    const FunctionRef<int()> ref(count);
    ref();
    EXPECT_EQ(ref(), 2);
    EXPECT_EQ(count(), 3);
}

TEST(FunctionRef, CallsMembersMutableAndConst) {
    Counter counter;
    const auto add = FunctionRef<int(int)>::member<&Counter::add>(counter);
    EXPECT_EQ(add(2), 2);
    EXPECT_EQ(add(3), 5);
    const Counter& view = counter;
    EXPECT_EQ((FunctionRef<int(int)>::member<&Counter::get>(view)(0)), 5);
}

TEST(FunctionRef, PassesArgumentsThroughWithoutACopy) {
    auto take = [](std::unique_ptr<int> value, std::string& text) {
        text += std::to_string(*value);
        return text.size();
    };
    const FunctionRef<std::size_t(std::unique_ptr<int>, std::string&)> ref(take);
    std::string text = "a";
    EXPECT_EQ(ref(std::make_unique<int>(42), text), 3U);
    EXPECT_EQ(text, "a42");
}

TEST(FunctionRef, ACopyRefersToTheSame) {
    Counter counter;
    const auto first = FunctionRef<int(int)>::member<&Counter::add>(counter);
    const auto second = first;  // NOLINT(performance-unnecessary-copy-initialization)
    first(1);
    EXPECT_EQ(second(1), 2);
    static_assert(sizeof(first) == 2 * sizeof(void*));
    static_assert(std::is_trivially_copyable_v<FunctionRef<void()>>);
    static_assert(!std::is_constructible_v<FunctionRef<void()>, Counter&>, "it cannot be called");
}

}  // namespace
}  // namespace pinwheel
