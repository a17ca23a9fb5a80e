// libwebsockets with the settings that its documentation recommends for speed: no extensions, no logging, a
// service buffer that takes a burst in one read, and a service call that does not wait.
#include <libwebsockets.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

#include "../support/contender.h"

namespace pinwheel::bench {
namespace {

constexpr unsigned kServiceBuffer = 64 << 10;

class Libwebsockets final : public Contender {
  public:
    Libwebsockets(const Target& target, Receiver& receiver) : receiver_(receiver) {
        lws_set_log_level(0, nullptr);
        lws_context_creation_info info{};
        info.port = CONTEXT_PORT_NO_LISTEN;
        info.protocols = protocols_.data();
        info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.pt_serv_buf_size = kServiceBuffer;
        info.client_ssl_ca_filepath = target.ca_file.c_str();
        info.user = this;
        context_ = lws_create_context(&info);
        if (context_ == nullptr) throw std::bad_alloc();
        lws_client_connect_info connect{};
        connect.context = context_;
        connect.address = "127.0.0.1";
        connect.host = "localhost";
        connect.origin = nullptr;
        connect.port = target.port;
        connect.path = target.path.c_str();
        connect.ssl_connection = target.tls ? LCCSCF_USE_SSL : 0;
        connect.local_protocol_name = protocols_[0].name;
        connect.pwsi = &wsi_;
        if (lws_client_connect_via_info(&connect) == nullptr) throw std::runtime_error("no connection");
        while (!open_) poll();
    }
    ~Libwebsockets() override { lws_context_destroy(context_); }

    void send(const void* payload, std::size_t size) override {
        if (size > out_.size() - LWS_PRE) throw std::length_error("larger than was thought of");
        std::memcpy(out_.data() + LWS_PRE, payload, size);
        out_size_ = size;
        lws_callback_on_writable(wsi_);
        while (out_size_ > 0) poll();
    }
    void poll() override {
        lws_service(context_, -1);
        if (lost_) throw std::runtime_error("the connection was lost");
    }

  private:
    static int on_event(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t size) {
        auto* const self = static_cast<Libwebsockets*>(lws_context_user(lws_get_context(wsi)));
        switch (reason) {
            case LWS_CALLBACK_CLIENT_ESTABLISHED:
                self->open_ = true;
                return 0;
            case LWS_CALLBACK_CLIENT_RECEIVE:
                self->on_bytes(wsi, static_cast<const char*>(in), size);
                return 0;
            case LWS_CALLBACK_CLIENT_WRITEABLE:
                if (self->out_size_ > 0)
                    lws_write(wsi, self->out_.data() + LWS_PRE, self->out_size_, LWS_WRITE_BINARY);
                self->out_size_ = 0;
                return 0;
            case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
            case LWS_CALLBACK_CLIENT_CLOSED:
                self->lost_ = true;
                return 0;
            default:
                return 0;
        }
    }

    /// A message may come in pieces.
    void on_bytes(lws* wsi, const char* bytes, std::size_t size) {
        const bool last = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;
        if (last && held_.empty()) {
            receiver_.take(bytes, size);
            return;
        }
        held_.append(bytes, size);
        if (!last) return;
        receiver_.take(held_.data(), held_.size());
        held_.clear();
    }

    Receiver& receiver_;
    std::array<lws_protocols, 2> protocols_{
        lws_protocols{"bench", &on_event, 0, kServiceBuffer, 0, nullptr, 0}, lws_protocols{}};
    lws_context* context_ = nullptr;
    lws* wsi_ = nullptr;
    bool open_ = false;
    bool lost_ = false;
    std::string held_;
    std::array<unsigned char, LWS_PRE + 1024> out_{};
    std::size_t out_size_ = 0;
};

std::unique_ptr<Contender> make(const Target& target, Receiver& receiver) {
    return std::make_unique<Libwebsockets>(target, receiver);
}

const ContenderRegistration registration({"libwebsockets", &make, 12});

}  // namespace
}  // namespace pinwheel::bench
