#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "../../net/byte_stream.h"

namespace pinwheel::test {

/// The operation of a FailAfter that fails, and how. Shared by the stream and its test.
struct FailPlan {
    enum class Operation : std::uint8_t { read, write };
    enum class Failure : std::uint8_t {
        error,        ///< this and every later operation is a reset
        eof,          ///< this and every later read is the end, every write a reset
        would_block,  ///< this one only
    };

    Operation operation = Operation::read;
    Failure failure = Failure::error;
    int nth = 1;  ///< the first is 1
    int seen = 0;
    [[nodiscard]] bool fired() const noexcept { return seen >= nth; }
};

/// Fails the n-th read or write of the lower stream. Loop over n until a run has no failure.
class FailAfter final : public ByteStream {
  public:
    FailAfter(std::unique_ptr<ByteStream> lower, std::shared_ptr<FailPlan> plan)
        : lower_(std::move(lower)), plan_(std::move(plan)) {}

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override {
        if (!fails(FailPlan::Operation::read)) return lower_->read_some(out);
        switch (plan_->failure) {
            case FailPlan::Failure::error:
                return IoResult::failed(Errc::connection_reset);
            case FailPlan::Failure::eof:
                return IoResult::end();
            default:
                return IoResult::again();
        }
    }
    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override {
        if (!fails(FailPlan::Operation::write)) return lower_->write_some(in);
        return plan_->failure == FailPlan::Failure::would_block ? IoResult::again()
                                                                : IoResult::failed(Errc::connection_reset);
    }
    void shutdown_write() noexcept override { lower_->shutdown_write(); }
    void abort() noexcept override { lower_->abort(); }
    [[nodiscard]] int fd() const noexcept override { return lower_->fd(); }
    [[nodiscard]] StreamStatus status() const noexcept override { return lower_->status(); }

  private:
    bool fails(FailPlan::Operation operation) noexcept {
        const bool had_failed = plan_->fired();
        if (operation == plan_->operation) ++plan_->seen;
        if (plan_->failure == FailPlan::Failure::would_block)
            return operation == plan_->operation && plan_->seen == plan_->nth;
        return had_failed || plan_->fired();
    }

    std::unique_ptr<ByteStream> lower_;
    std::shared_ptr<FailPlan> plan_;
};

}  // namespace pinwheel::test
