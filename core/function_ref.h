#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace pinwheel {

template <class Signature>
class FunctionRef;

/// A non-owning reference to a callable: two pointers. Threading: that of the callee. Invariant: the callee
/// outlives the reference. Allocates: nothing.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
  public:
    FunctionRef() noexcept = default;

    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> && std::is_invocable_r_v<R, F&, Args...>)
        FunctionRef(F& callee)
    noexcept  // NOLINT(google-explicit-constructor): a view, as string_view is
        : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callee)))),
          call_([](void* object, Args... args) -> R {
              return (*static_cast<F*>(object))(std::forward<Args>(args)...);
          }) {}

    /// A call of `Method` on `object`: `FunctionRef<void(int)>::member<&Owner::on_value>(*this)`.
    template <auto Method, class T>
    [[nodiscard]] static FunctionRef member(T& object) noexcept {
        FunctionRef ref;
        ref.object_ = const_cast<void*>(static_cast<const void*>(std::addressof(object)));
        ref.call_ = [](void* target, Args... args) -> R {
            return (static_cast<T*>(target)->*Method)(std::forward<Args>(args)...);
        };
        return ref;
    }

    R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }
    [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }

  private:
    void* object_ = nullptr;
    R (*call_)(void*, Args...) = nullptr;
};

}  // namespace pinwheel
