#pragma once

namespace pinwheel {

/// An object that Reactor::dispose() can keep without allocating: the link is inside.
class Disposable {
  public:
    virtual ~Disposable() = default;

  protected:
    Disposable() = default;

  private:
    friend class Reactor;
    Disposable* next_ = nullptr;
};

}  // namespace pinwheel
