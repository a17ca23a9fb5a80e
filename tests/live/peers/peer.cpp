#include "peer.h"

#include <utility>

namespace pinwheel::test {
namespace {

std::vector<std::string> command(std::vector<std::string> argv, std::vector<std::string> options) {
    for (std::string& option : options) argv.push_back(std::move(option));
    return argv;
}

std::string script(const std::string& name) {
    return std::string(PINWHEEL_PEERS) + "/" + name;
}

}  // namespace

Peer::Peer(std::vector<std::string> argv)
    : argv_(std::move(argv)), process_(std::in_place, argv_), port_(read_port()) {}

void Peer::restart() {
    process_.reset();
    process_.emplace(command(argv_, {"--port", std::to_string(port_)}));
    port_ = read_port();
}

std::unique_ptr<Peer> Peer::python(std::vector<std::string> options) {
    return std::unique_ptr<Peer>(
        new Peer(command({"/usr/bin/python3", script("echo_server.py")}, std::move(options))));
}

std::unique_ptr<Peer> Peer::node(std::vector<std::string> options) {
    return std::unique_ptr<Peer>(new Peer(command({"node", script("echo_server.js")}, std::move(options))));
}

std::unique_ptr<Peer> Peer::suite() {
    return std::unique_ptr<Peer>(new Peer({"node", script("suite_server.js")}));
}

std::unique_ptr<Peer> Peer::front(const std::string& program, std::uint16_t backend, const std::string& cert,
                                  const std::string& key, const TempDir& folder) {
    return std::unique_ptr<Peer>(
        new Peer({"/usr/bin/python3", script("tls_front.py"), program, "--backend", std::to_string(backend),
                  "--cert", cert, "--key", key, "--dir", folder.path("")}));
}

std::unique_ptr<Peer> Peer::proxy(const std::string& program, const TempDir& folder, const std::string& user,
                                  const std::string& password) {
    std::vector<std::string> argv{"/usr/bin/python3", script("proxy.py"), program, "--dir", folder.path("")};
    if (!user.empty()) argv = command(argv, {"--user", user, "--password", password});
    return std::unique_ptr<Peer>(new Peer(argv));
}

}  // namespace pinwheel::test
