#pragma once

#include <bus/dispatch/event_taker.hpp>
#include <bus/dispatch/handler_slot.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace bus::detail {

/// Who gets the events of one type, as it was at one moment: mailboxes, and handlers in the order
/// of calls. Immutable: a publish runs the snapshot that it found, whatever changes meanwhile. The
/// slots lie right behind it in memory, which saves a publish one load.
class Snapshot {
public:
    struct Delete {
        /// Does nothing for none().
        void operator()(const Snapshot* snapshot) const noexcept;
    };

    using Owner = std::unique_ptr<const Snapshot, Delete>;

    /// Makes a snapshot, which holds a reference to each slot.
    static Owner make(const Topics& owner, std::span<HandlerSlot* const> slots,
                      std::vector<std::shared_ptr<EventTaker>> takers);

    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    [[nodiscard]] HandlerSlot* const* begin() const noexcept {
        return reinterpret_cast<HandlerSlot* const*>(this + 1);
    }

    [[nodiscard]] HandlerSlot* const* end() const noexcept { return begin() + size_; }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] bool has_takers() const noexcept { return has_takers_; }

    /// True for none(), which a topic has before its first snapshot is made.
    [[nodiscard]] bool unbuilt() const noexcept { return owner_ == nullptr; }

    static const Snapshot& none() noexcept { return unbuilt_topic; }

    [[nodiscard]] const std::vector<std::shared_ptr<EventTaker>>& takers() const noexcept {
        return takers_;
    }

    [[nodiscard]] bool is_of(const Topics& topics) const noexcept { return &topics == owner_; }

private:
    friend class SnapshotList;

    Snapshot(const Topics& owner, std::size_t size,
             std::vector<std::shared_ptr<EventTaker>>&& takers) noexcept
        : size_{size}, owner_{&owner}, has_takers_{!takers.empty()}, takers_{std::move(takers)} {}

#ifdef _GLIBCXX_DEBUG // GCC 12's vector for debugging is not constexpr
    Snapshot() noexcept = default;
    ~Snapshot() = default;
#else
    constexpr Snapshot() noexcept = default;
    constexpr ~Snapshot() = default;
#endif

    static const Snapshot unbuilt_topic;

    std::size_t size_ = 0;
    const Topics* owner_ = nullptr; ///< only to be compared: it may be gone
    bool has_takers_ = false;
    std::vector<std::shared_ptr<EventTaker>> takers_;
    mutable const Snapshot* next_ = nullptr;
};

/// Snapshots that no publish finds any more. Adding one allocates nothing, because it must not
/// fail.
class SnapshotList {
public:
    SnapshotList() = default;
    SnapshotList(const SnapshotList&) = delete;
    SnapshotList& operator=(const SnapshotList&) = delete;

    /// Frees the snapshots that are left.
    ~SnapshotList() {
        while (Snapshot::Owner first = pop()) {
        }
    }

    void push(Snapshot::Owner snapshot) noexcept {
        if (snapshot && !snapshot->unbuilt()) {
            snapshot->next_ = first_;
            first_ = snapshot.release();
            ++size_;
        }
    }

    Snapshot::Owner pop() noexcept {
        Snapshot::Owner first{first_};
        if (first) {
            first_ = first->next_;
            --size_;
        }
        return first;
    }

    /// Moves all snapshots of the other list here.
    void take(SnapshotList& other) noexcept {
        while (Snapshot::Owner snapshot = other.pop()) {
            push(std::move(snapshot));
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    const Snapshot* first_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace bus::detail
