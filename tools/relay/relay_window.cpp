#include "relay_window.h"

#include <tuple>
#include <unordered_set>
#include <utility>

namespace pinwheel {

using State = RelayEntry::State;

namespace {

bool is_over(const RelayEntry& entry) noexcept {
    return entry.state == State::stored || entry.state == State::dropped;
}

}  // namespace

void RelayWindow::finish(RelayEntry& entry, State state) {
    if (entry.state == State::sent) --in_flight_;
    --pending_;
    bytes_ -= entry.payload.size();
    entry.state = state;
    entry.payload = {};
}

void RelayWindow::pop_finished() {
    while (!entries_.empty() && is_over(entries_.front())) {
        entries_.pop_front();
        ++first_label_;
        if (next_ > 0) --next_;
    }
}

void RelayWindow::push(RelayEntry entry, Lost lost) {
    bytes_ += entry.payload.size();
    ++pending_;
    entries_.push_back(std::move(entry));
    while (entries_.size() > 1 && (entries_.size() > max_messages_ || bytes_ > max_bytes_)) {
        lost(entries_.front());  // pop_finished() leaves no finished entry in front
        finish(entries_.front(), State::dropped);
        pop_finished();
    }
}

void RelayWindow::push_next(RelayEntry entry) {
    std::ignore = next();
    bytes_ += entry.payload.size();
    ++pending_;
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(next_), std::move(entry));
}

RelayEntry* RelayWindow::next() {
    while (next_ < entries_.size() && entries_[next_].state != State::waiting) ++next_;
    return next_ < entries_.size() ? &entries_[next_] : nullptr;
}

std::uint64_t RelayWindow::mark_sent(TimePoint now) {
    RelayEntry& entry = entries_[next_];
    entry.state = State::sent;
    entry.sent_at = now;
    ++in_flight_;
    return first_label_ + next_++;
}

void RelayWindow::finish_next() {
    finish(entries_[next_], State::dropped);
    ++next_;
    pop_finished();
}

void RelayWindow::look_ahead(std::size_t most, Lost show) {
    for (std::size_t i = next_; i < entries_.size() && i - next_ < most; ++i)
        if (entries_[i].state == State::waiting) show(entries_[i]);
}

bool RelayWindow::settle(std::uint64_t label, bool is_stored) {
    if (label < first_label_ || label - first_label_ >= entries_.size()) return false;
    RelayEntry& entry = entries_[label - first_label_];
    if (entry.state != State::sent) return false;
    if (!is_stored) {
        entry.state = State::failed;
        --in_flight_;
        return true;
    }
    finish(entry, State::stored);
    pop_finished();
    return true;
}

std::size_t RelayWindow::settle_through(std::uint64_t label) {
    std::size_t settled = 0;
    for (std::size_t i = 0; i < next_ && first_label_ + i <= label; ++i) {
        if (entries_[i].state != State::sent) continue;
        finish(entries_[i], State::stored);
        ++settled;
    }
    pop_finished();
    return settled;
}

void RelayWindow::rewind(Lost lost) {
    std::unordered_set<ChannelId> later;  // channels with a stored entry behind the current one
    for (std::size_t i = next_; i > 0; --i) {
        RelayEntry& entry = entries_[i - 1];
        if (is_over(entry)) {
            if (entry.state == State::stored) later.insert(entry.channel);
        } else if (entry.channel != kNoChannel && later.contains(entry.channel)) {
            lost(entry);
            finish(entry, State::dropped);
        } else {
            if (entry.state == State::sent) --in_flight_;
            entry.state = State::waiting;
        }
    }
    next_ = 0;
    pop_finished();
}

void RelayWindow::give_up_sent(Lost lost) {
    for (std::size_t i = 0; i < next_; ++i) {
        if (is_over(entries_[i])) continue;
        lost(entries_[i]);
        finish(entries_[i], State::dropped);
    }
    pop_finished();
}

std::optional<TimePoint> RelayWindow::oldest_sent() const noexcept {
    if (in_flight_ == 0) return std::nullopt;
    for (const auto& entry : entries_)
        if (entry.state == State::sent) return entry.sent_at;
    return std::nullopt;
}

std::optional<TimePoint> RelayWindow::oldest() const noexcept {
    for (const auto& entry : entries_)
        if (!is_over(entry)) return entry.received;
    return std::nullopt;
}

}  // namespace pinwheel
