#pragma once

// Owners of OpenSSL's objects. Not installed.

#include <memory>

namespace pinwheel::detail {

template <auto Free>
struct OpensslFree {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

/// `OpensslPtr<SSL, SSL_free>` calls SSL_free() at its end.
template <class T, auto Free>
using OpensslPtr = std::unique_ptr<T, OpensslFree<Free>>;

}  // namespace pinwheel::detail
