#pragma once

namespace pinwheel {

/// What Reactor::dispose() can keep without memory for it: the link is inside.
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
