#pragma once

namespace pinwheel::detail {

/// A link of a circular list, embedded in its element. An unlinked link is an empty list. Threading: that of
/// the list. Invariant: the neighbours of a link point back at it. Allocates: nothing.
struct ListLink {
    ListLink* next = this;
    ListLink* prev = this;

    ListLink() noexcept = default;
    ListLink(const ListLink&) = delete;
    ListLink& operator=(const ListLink&) = delete;

    [[nodiscard]] bool alone() const noexcept { return next == this; }
    /// This link must be unlinked.
    void insert_before(ListLink& place) noexcept {
        next = &place;
        prev = place.prev;
        prev->next = this;
        place.prev = this;
    }
    void unlink() noexcept {
        next->prev = prev;
        prev->next = next;
        next = prev = this;
    }
    /// Takes the place of `head` in its list. `head` is unlinked afterwards. This link must be unlinked.
    void take_over(ListLink& head) noexcept {
        insert_before(head);
        head.unlink();
    }
};

}  // namespace pinwheel::detail
