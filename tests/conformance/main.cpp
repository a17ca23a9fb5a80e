// Plays every case of the suite against the client, each as a separate test.
//     conformance_tests [--gtest_filter=...]
//     conformance_tests --list        section, name and test of each case, separated by tabs
// PINWHEEL_CONFORMANCE_CUTS=few plays each case with four cuts instead of all.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "play.h"

namespace pinwheel::conformance {
namespace {

class Played final : public testing::Test {
  public:
    Played(const Case& one, bool few) : case_(one), few_(few) {}

    void TestBody() override {
        for (const Cut& cut : cuts_of(case_, few_)) {
            const Outcome outcome = play(case_, cut);
            EXPECT_EQ(outcome.received, case_.received);
            EXPECT_EQ(outcome.sent, case_.sent);
            EXPECT_EQ(outcome.end, case_.end) << outcome.error;
            EXPECT_NE(outcome.error.find(case_.says), std::string::npos) << outcome.error;
            if (HasFailure())
                FAIL() << "section " << case_.section << ", \"" << case_.name << "\", " << cut.name;
        }
    }

  private:
    const Case& case_;
    const bool few_;
};

std::string identifier(const std::string& text) {
    std::string name;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            name += c;
        else if (!name.ends_with('_'))
            name += '_';
    }
    return name;
}

int run(int argc, char** argv) {
    static const Cases cases = all_cases();
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        for (const Case& one : cases)
            std::printf("%s\t%s\tSection_%s.%s\n", one.section.c_str(), one.name.c_str(),
                        identifier(one.section).c_str(), identifier(one.name).c_str());
        return 0;
    }
    testing::InitGoogleTest(&argc, argv);
    const char* const cuts = std::getenv("PINWHEEL_CONFORMANCE_CUTS");
    const bool few = cuts != nullptr && std::strcmp(cuts, "few") == 0;
    for (const Case& one : cases)
        testing::RegisterTest(("Section_" + identifier(one.section)).c_str(), identifier(one.name).c_str(),
                              nullptr, nullptr, __FILE__, __LINE__,
                              [&one, few]() -> testing::Test* { return new Played(one, few); });
    return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace pinwheel::conformance

int main(int argc, char** argv) {
    return pinwheel::conformance::run(argc, argv);
}
