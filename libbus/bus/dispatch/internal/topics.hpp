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

/// What a publish does not need to know of a slot. Guarded by the topics' lock where it changes.
struct HandlerSlot::Info {
    const HomeProcess home;
    const EventType* type = nullptr;
    int priority = 0;
    std::uint64_t order = 0; ///< of subscription, over all types
    std::string name{};
    bool named = false; ///< by who subscribed it
    std::weak_ptr<const void> tie{};
    std::weak_ptr<Topics> topics{};
    HandlerSlot* next_ended = nullptr; ///< in the list of the thread that has ended it
    /// In the list of the thread that waits only, whose handle it was: there is but one handle.
    HandlerSlot* next_awaited = nullptr;
};

[[nodiscard]] HandlerDescription describe(const HandlerSlot& slot);

/// The topics of one dispatcher, by the dense index of the event type: the snapshot that a publish
/// finds, and the lists from which the next one is made. Writers copy under one lock, publish, and
/// retire the old.
class Topics : public std::enable_shared_from_this<Topics> {
public:
    using Topic = std::atomic<const Snapshot*>;

    explicit Topics(Dispatcher::Ended ended = {}, Dispatcher::Wait wait = {},
                    Dispatcher::Failed failed = {});
    Topics(const Topics&) = delete;
    Topics& operator=(const Topics&) = delete;
    ~Topics();

    /// Where the snapshot of a type is found: Snapshot::none() until a first one is built.
    [[nodiscard]] Topic& topic(const EventType& type) {
        const std::uint32_t index = type.index();
        return index < near_topics ? near_[index] : far_topic(index);
    }

    /// Makes the first snapshot of a type.
    void build(const EventType& type);

    void add(const SlotRef& slot);
    /// Takes out a slot that has ended, and tells of it; harmless where it is not there. Short of
    /// memory it stays, and is skipped, until the next change.
    void remove(HandlerSlot& slot) noexcept;

    void add(std::shared_ptr<EventTaker> taker);
    void remove(const EventTaker& taker);

    [[nodiscard]] bool has_handlers(const EventType& type);
    [[nodiscard]] std::vector<HandlerDescription> handlers();

    /// How to wait for the end of a handler; may be empty.
    void tell_failed(const DomainEvent& event, std::string_view handler,
                     const std::exception_ptr& error) const {
        if (failed_) {
            failed_(event, handler, error);
        }
    }

    [[nodiscard]] const Dispatcher::Wait& wait() const noexcept { return wait_; }

    /// Ends all subscriptions. Nobody but this thread may be in a dispatch.
    void close() noexcept;

private:
    static constexpr std::size_t near_topics = 64;
    static constexpr std::size_t topics_a_piece = 256;

    struct Farther {
        Farther();

        std::array<Topic, topics_a_piece> topics;
        std::atomic<Farther*> next{nullptr};
    };

    /// Where a handler stands in the order of calls: by priority, then by order of subscription.
    struct Place {
        int priority = 0;
        std::uint64_t order = 0;

        friend bool operator<(const Place& a, const Place& b) noexcept {
            return a.priority != b.priority ? a.priority > b.priority : a.order < b.order;
        }
    };

    /// What there is of one type.
    struct Line {
        const EventType* type = nullptr;
        std::map<Place, SlotRef> slots{};
        std::uint64_t subscriptions = 0; ///< ever
        bool built = false;
        Place swept; ///< the handler that was looked at last
    };

    /// Handlers whose objects have gone; some of them.
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
