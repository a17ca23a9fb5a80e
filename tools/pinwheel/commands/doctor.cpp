#include <cstdio>

#include "../../../net/tls_context.h"
#include "../../../proto/text/json_writer.h"
#include "../doctor/doctor_checks.h"
#include "../terminal/screen_text.h"
#include "options.h"

namespace pinwheel::tool {
namespace {

struct DoctorOptions {
    std::string root{};
    bool json = false;
};

void print(const std::vector<Finding>& findings) {
    for (const auto& finding : findings) {
        const auto verdict = to_string(finding.verdict);
        std::printf("%-8.*s %-27s %s\n", static_cast<int>(verdict.size()), verdict.data(),
                    finding.check.c_str(), printable(finding.found).c_str());
        if (finding.verdict == Verdict::ok) continue;
        if (!finding.change.empty()) std::printf("%36s change: %s\n", "", printable(finding.change).c_str());
        std::printf("%36s reason: %s\n", "", printable(finding.why).c_str());
    }
}

void print_json(const std::vector<Finding>& findings) {
    std::string out = R"({"findings":[)";
    const auto member = [&](const char* name, std::string_view value) {
        out += std::string(out.back() == '{' ? "" : ",") + "\"" + name + "\":";
        append_json_string(out, fit(value, 4096));
    };
    for (const auto& finding : findings) {
        out += out.back() == '[' ? "{" : ",{";
        member("check", finding.check);
        member("verdict", to_string(finding.verdict));
        member("found", finding.found);
        member("reason", finding.why);
        if (!finding.change.empty()) member("change", finding.change);
        out += '}';
    }
    std::printf("%s]}\n", out.c_str());
}

int doctor(const DoctorOptions& options) {
    const auto findings = examine(Machine(options.root), TlsContext::in_place_records());
    options.json ? print_json(findings) : print(findings);
    return 0;
}

}  // namespace

Command doctor_command(CLI::App& app) {
    const auto options = std::make_shared<DoctorOptions>();
    auto* const command =
        add_command(app, "doctor", "list the effects of this machine on latency, and the remedies",
                    "pinwheel doctor --json");
    add_value(*command, "--root", options->root, "FOLDER", "folder that replaces /")->group("");
    command->add_flag("--json", options->json, "print one JSON object");
    return {command, [options] { return doctor(*options); }};
}

}  // namespace pinwheel::tool
