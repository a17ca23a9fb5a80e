// websocketpp with the settings that its manual recommends for speed: logging compiled out, no locking, no
// compression, no-delay, and a spinning poll(). C++17: its headers are not C++20.
#include <websocketpp/client.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/asio_client.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>
#include <websocketpp/logger/stub.hpp>

#include <stdexcept>

#include "../support/contender.h"

namespace pinwheel::bench {
namespace {

/// The settings of its performance notes, over one of its configurations.
template <class Base, template <class> class Endpoint>
struct Fast : Base {
    using type = Fast;
    using concurrency_type = websocketpp::concurrency::none;
    using request_type = typename Base::request_type;
    using response_type = typename Base::response_type;
    using message_type = typename Base::message_type;
    using con_msg_manager_type = typename Base::con_msg_manager_type;
    using endpoint_msg_manager_type = typename Base::endpoint_msg_manager_type;
    using alog_type = websocketpp::log::stub;
    using elog_type = websocketpp::log::stub;
    using rng_type = typename Base::rng_type;
    static constexpr bool enable_multithreading = false;

    struct transport_config : Base::transport_config {
        using concurrency_type = websocketpp::concurrency::none;
        using alog_type = websocketpp::log::stub;
        using elog_type = websocketpp::log::stub;
        using request_type = typename Base::request_type;
        using response_type = typename Base::response_type;
        static constexpr bool enable_multithreading = false;
    };
    using transport_type = Endpoint<transport_config>;
};

template <class Config>
using AsioEndpoint = websocketpp::transport::asio::endpoint<Config>;
using Plain = Fast<websocketpp::config::asio_client, AsioEndpoint>;
using Tls = Fast<websocketpp::config::asio_tls_client, AsioEndpoint>;
namespace asio_lib = websocketpp::lib::asio;

template <class Config>
class Websocketpp final : public Contender {
  public:
    using Client = websocketpp::client<Config>;

    Websocketpp(const Target& target, Receiver& receiver) : receiver_(receiver) {
        client_.init_asio();
        client_.set_open_handler([this](websocketpp::connection_hdl) { open_ = true; });
        client_.set_fail_handler([this](websocketpp::connection_hdl) { lost_ = true; });
        client_.set_close_handler([this](websocketpp::connection_hdl) { lost_ = true; });
        client_.set_message_handler(
            [this](websocketpp::connection_hdl, typename Client::message_ptr message) {
                receiver_.take(message->get_payload().data(), message->get_payload().size());
            });
        client_.set_tcp_post_init_handler([this](websocketpp::connection_hdl handle) {
            client_.get_con_from_hdl(handle)->get_raw_socket().set_option(asio_lib::ip::tcp::no_delay(true));
        });
        if constexpr (std::is_same_v<Config, Tls>)
            client_.set_tls_init_handler([file = target.ca_file](websocketpp::connection_hdl) {
                auto context = std::make_shared<asio_lib::ssl::context>(asio_lib::ssl::context::tls_client);
                context->load_verify_file(file);
                context->set_verify_mode(asio_lib::ssl::verify_peer);
                return context;
            });
        websocketpp::lib::error_code error;
        connection_ = client_.get_connection(
            (target.tls ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(target.port) + target.path,
            error);
        if (error) throw std::runtime_error(error.message());
        client_.connect(connection_);
        while (!open_) poll();
    }

    void send(const void* payload, std::size_t size) override {
        if (connection_->send(payload, size, websocketpp::frame::opcode::binary))
            throw std::runtime_error("a message was not taken");
        // It writes inside its loop.
        client_.poll();
    }
    void poll() override {
        client_.poll();
        if (lost_) throw std::runtime_error(connection_->get_ec().message());
    }

  private:
    Receiver& receiver_;
    bool open_ = false;
    bool lost_ = false;
    Client client_;
    typename Client::connection_ptr connection_;
};

std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    if (target.tls) return std::make_unique<Websocketpp<Tls>>(target, receiver);
    return std::make_unique<Websocketpp<Plain>>(target, receiver);
}

const ContenderRegistration registration({"websocketpp", &make, 11});

}  // namespace
}  // namespace pinwheel::bench
