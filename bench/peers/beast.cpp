// Boost.Beast with the settings that its documentation recommends for speed: a stream without deflate over a
// bare socket, no timeouts, one reused flat_buffer, a context for one thread, and a spinning poll().
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "../support/contender.h"

namespace pinwheel::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

template <class Lower>
class Beast final : public Contender {
  public:
    template <class... Arguments>
    Beast(const Target& target, Receiver& receiver, Arguments&... arguments)
        : receiver_(receiver), stream_(context_, arguments...) {
        tcp::socket& socket = beast::get_lowest_layer(stream_);
        socket.connect({asio::ip::address_v4::loopback(), target.port});
        socket.set_option(tcp::no_delay(true));
        if constexpr (!std::is_same_v<Lower, tcp::socket>) {
            stream_.next_layer().set_verify_mode(asio::ssl::verify_peer);
            stream_.next_layer().set_verify_callback(asio::ssl::host_name_verification("localhost"));
            stream_.next_layer().handshake(asio::ssl::stream_base::client);
        }
        stream_.binary(true);
        stream_.auto_fragment(false);
        stream_.read_message_max(0);
        stream_.handshake("localhost", target.path);
        read();
    }

    void send(const void* payload, std::size_t size) override { stream_.write(asio::buffer(payload, size)); }
    void poll() override {
        context_.poll();
        if (error_) throw beast::system_error(error_);
    }

  private:
    void read() {
        stream_.async_read(buffer_, [this](beast::error_code error, std::size_t size) {
            if (error) {
                error_ = error;
                return;
            }
            receiver_.take(buffer_.data().data(), size);
            buffer_.consume(size);
            read();
        });
    }

    Receiver& receiver_;
    asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    websocket::stream<Lower, false> stream_;
    beast::flat_buffer buffer_;
    beast::error_code error_;
};

std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    if (!target.tls) return std::make_unique<Beast<tcp::socket>>(target, receiver);
    static asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.load_verify_file(target.ca_file);
    return std::make_unique<Beast<asio::ssl::stream<tcp::socket>>>(target, receiver, tls);
}

const ContenderRegistration registration({"Beast", &make, 10});

}  // namespace
}  // namespace pinwheel::bench
