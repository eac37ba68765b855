#pragma once

#include <bus/dispatch/dispatcher.hpp>
#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>

#include <algorithm>

namespace bus::detail {

/// A dispatch on this thread: names the snapshot that it runs, so that nobody frees it, and of its
/// handlers the one that it runs, so that who ends that one can wait.
class Dispatch {
public:
    Dispatch() : publisher_{Publisher::current()}, frame_{publisher_.enter()} {}

    Dispatch(const Dispatch&) = delete;
    Dispatch& operator=(const Dispatch&) = delete;

    ~Dispatch() { publisher_.leave(frame_); }

    const Snapshot& find(Topics& topics, const EventType& type) {
        Topics::Topic& topic = topics.topic(type);
        for (;;) {
            const Snapshot* const snapshot = topic.load(std::memory_order_acquire);
            frame_.snapshot.store(snapshot, detail::light_store);
            detail::light_fence();
            detail::stress_yield();
            // Still the topic's: then whoever retires it sees it named here.
            if (topic.load(detail::light_load) == snapshot && snapshot != nullptr) [[likely]] {
                return *snapshot;
            }
            if (snapshot == nullptr) {
                topics.build(type);
            }
        }
    }

    /// Only the mailboxes. Throws what copying the event throws.
    static void offer(const Snapshot& snapshot, const DomainEvent& event);

    /// Calls the handlers. `sink` may be null.
    void call(const Snapshot& snapshot, const DomainEvent& event, DispatchReport& report,
              ObserverSink* sink);

private:
    void call_from(HandlerSlot* const* next, HandlerSlot* const* end, const DomainEvent& event,
                   std::size_t& skipped);
    [[gnu::cold]] void call_watched(HandlerSlot* const* next, HandlerSlot* const* end,
                                    const DomainEvent& event, std::size_t& skipped,
                                    ObserverSink& sink);
    static std::uint32_t begin(HandlerSlot& slot, Publisher& publisher, Frame& frame);
    [[gnu::cold]] bool call_special(HandlerSlot& slot, std::uint32_t flags,
                                    const DomainEvent& event);
    void end(HandlerSlot& slot);
    [[gnu::cold]] static void note_failure(const HandlerSlot& thrower, const DomainEvent& event,
                                           DispatchReport& report, ObserverSink* sink);

    Publisher& publisher_;
    Frame& frame_;
};

/// Names the handler that is to be called next; returns its flags.
inline std::uint32_t Dispatch::begin(HandlerSlot& slot, Publisher& publisher, Frame& frame) {
    frame.running.store(&slot, light_store);
    light_fence();
    stress_yield();
    // After the handler is named: who ends it sees that, or this sees that it has ended. And who
    // waits for the one before it sees that it is over, or this sees that somebody waits.
    const std::uint32_t flags = slot.flags.load(light_load);
    publisher.tell_those_who_wait();
    return flags;
}

inline void Dispatch::call_from(HandlerSlot* const* next, HandlerSlot* const* end,
                                const DomainEvent& event, std::size_t& skipped) {
    Publisher& publisher = publisher_; // in registers
    Frame& frame = frame_;
    for (; next != end; ++next) {
        HandlerSlot& slot = **next;
        const std::uint32_t flags = begin(slot, publisher, frame);
        if (flags == 0) [[likely]] {
            slot.invoke(slot, event);
        } else if (!call_special(slot, flags, event)) {
            ++skipped;
        }
    }
}

inline void Dispatch::call(const Snapshot& snapshot, const DomainEvent& event,
                           DispatchReport& report, ObserverSink* sink) {
    HandlerSlot* const* next = snapshot.begin();
    HandlerSlot* const* const end = snapshot.end();
    std::size_t skipped = 0;
    for (;;) {
        try {
            if (sink == nullptr) [[likely]] {
                call_from(next, end, event, skipped);
            } else {
                call_watched(next, end, event, skipped, *sink);
            }
            break;
        } catch (...) {
            // The frame still names the thrower; go on behind it.
            next = std::find(next, end, frame_.running.load(std::memory_order_relaxed));
            note_failure(**next++, event, report, sink);
            ++skipped;
        }
    }
    report.handled = static_cast<std::size_t>(end - snapshot.begin()) - skipped;
}

/// What a publish is. From the first handler on, nothing of the topics' owner is touched: a handler
/// may destroy it.
inline void dispatch(Topics& topics, const DomainEvent& event, bool to_mailboxes,
                     ObserverSink* sink, DispatchReport& report) {
    Dispatch dispatch;
    const Snapshot& snapshot = dispatch.find(topics, event.type());
    if (!snapshot.takers().empty() && to_mailboxes) [[unlikely]] {
        Dispatch::offer(snapshot, event);
    }
    dispatch.call(snapshot, event, report, sink);
}

} // namespace bus::detail
