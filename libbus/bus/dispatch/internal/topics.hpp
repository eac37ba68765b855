#pragma once

#include <bus/dispatch/dispatcher.hpp>
#include <bus/dispatch/internal/snapshot.hpp>
#include <bus/runtime/home_process.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace bus::detail {

/// What a publish does not need to know of a slot. The topics' lock guards members that change,
/// except the lists of threads.
struct HandlerSlot::Info {
    const HomeProcess home;
    const EventType* type = nullptr;
    int priority = 0;
    std::uint64_t order = 0; ///< of subscription, over all types
    std::string name{};
    bool named = false; ///< by the subscriber
    std::weak_ptr<const void> tie{};
    std::weak_ptr<Topics> topics{};
    HandlerSlot* next_ended = nullptr; ///< in the list of the thread that ends it
    /// In the list of the thread that only waits because it had the handle. A slot has one handle.
    HandlerSlot* next_awaited = nullptr;
};

[[nodiscard]] HandlerDescription describe(const HandlerSlot& slot);

/// The topics of one dispatcher, by the dense index of the event type: the snapshot that a publish
/// finds, and the lists from which the next one is made. Writers copy under one lock, publish the
/// new snapshot, and retire the old one.
class Topics : public std::enable_shared_from_this<Topics> {
public:
    using Topic = std::atomic<const Snapshot*>;

    explicit Topics(Dispatcher::Ended ended = {}, Dispatcher::Wait wait = {},
                    Dispatcher::Failed failed = {});
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;
    ~Topics();

    /// Returns where the snapshot of a type is found. It is Snapshot::none() until the first is
    /// built.
    [[nodiscard]] Topic& topic(const EventType& type) {
        const std::uint32_t index = type.index();
        return index < near_topics ? near_[index] : far_topic(index);
    }

    /// Makes the first snapshot of a type, or the next one after forget_snapshot().
    void build(const EventType& type);

    void add(const SlotRef& slot);
    /// Takes out an ended slot and reports that; harmless if it is not there. If memory is short,
    /// the slot stays until the next change, and publishes skip it.
    void remove(HandlerSlot& slot) noexcept;

    void add(std::shared_ptr<EventTaker> taker);
    void remove(const EventTaker& taker);

    [[nodiscard]] bool has_handlers(const EventType& type);
    [[nodiscard]] std::vector<HandlerDescription> handlers();

    /// Reports a handler that threw.
    void tell_failed(const DomainEvent& event, std::string_view handler,
                     const std::exception_ptr& error) const {
        if (failed_) {
            failed_(event, handler, error);
        }
    }

    /// How to wait for the end of a handler; may be empty.
    [[nodiscard]] const Dispatcher::Wait& wait() const noexcept { return wait_; }

    /// Ends all subscriptions. No other thread may be in a dispatch.
    void close() noexcept;

private:
    static constexpr std::size_t near_topics = 64;
    static constexpr std::size_t topics_a_piece = 256;

    struct Farther {
        Farther();

        std::array<Topic, topics_a_piece> topics;
        std::atomic<Farther*> next{nullptr};
    };

    /// The place of a handler in the order of calls: by priority, then by order of subscription.
    struct Place {
        int priority = 0;
        std::uint64_t order = 0;

        friend bool operator<(const Place& a, const Place& b) noexcept {
            return a.priority != b.priority ? a.priority > b.priority : a.order < b.order;
        }
    };

    /// What is kept for one type.
    struct Line {
        const EventType* type = nullptr;
        std::map<Place, SlotRef> slots{};
        std::uint64_t subscriptions = 0; ///< how many there ever were
        bool built = false;
        Place swept; ///< the last handler that find_orphans() looked at
    };

    /// Some of the handlers whose objects are gone.
    using Orphans = std::array<SlotRef, 4>;

    Topic& far_topic(std::uint32_t index);
    Line& line(const EventType& type);
    static Place place_of(const HandlerSlot& slot) noexcept;
    [[nodiscard]] std::size_t count_for(const EventType& type) const noexcept;
    void rebuild(Line& line, SnapshotList& garbage);
    void refresh(Line& line, SnapshotList& garbage);
    template <class Affected>
    void refresh_where(Affected affected, SnapshotList& garbage);
    static void forget_snapshot(Line& line, Topic& topic, SnapshotList& garbage) noexcept;
    static Orphans find_orphans(Line& line) noexcept;
    SlotRef take_any() noexcept;
    [[nodiscard]] std::vector<HandlerSlot*> slots_for(const EventType& type);

    const Dispatcher::Ended ended_;
    const Dispatcher::Wait wait_;
    const Dispatcher::Failed failed_;
    std::array<Topic, near_topics> near_;
    std::atomic<Farther*> farther_{nullptr};

    std::mutex mutex_;
    std::vector<Line> lines_; ///< by type index
    std::vector<std::shared_ptr<EventTaker>> takers_;
    std::uint64_t subscriptions_ = 0;
    const HomeProcess home_;
};

} // namespace bus::detail
