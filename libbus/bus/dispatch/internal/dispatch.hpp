#pragma once

#include <bus/dispatch/dispatcher.hpp>
#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>
#include <bus/runtime/internal/forced_unwind.hpp>
#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus::detail {

/// Calls a handler that has a filter, a tie, ...; false: it is skipped.
[[gnu::cold]] bool call_special(Frame& frame, HandlerSlot& slot, std::uint32_t flags,
                                const DomainEvent& event);

/// To be called in the handler of what the frame's running one threw; returns where to go on. (That
/// the loop itself need not remember it makes a publish a sixth faster.)
[[gnu::cold]] HandlerSlot* const* note_failure(const Frame& frame, const DomainEvent& event,
                                               DispatchReport& report, ObserverSink* sink);

/// Offers the event to the mailboxes. Throws what copying it throws.
void offer_to_all(const Snapshot& snapshot, const DomainEvent& event);

/// What watches a dispatch.
struct Watch {
    ObserverSink& sink;
    std::shared_ptr<Runtime> clock{}; ///< null: nothing is measured
};

/// A dispatch on this thread: names the snapshot that it runs, so that nobody frees it, and of its
/// handlers the one that it runs, so that who ends that one can wait. Fence is how it fences.
///
/// This is the path of every publish: what is rare is out of line, and gets the frame handed, so
/// that the members stay in registers.
template <class Fence>
class Dispatch {
public:
    Dispatch() : frame_{Publisher::current().enter()} {}

    Dispatch(const Dispatch&) = delete;
    Dispatch& operator=(const Dispatch&) = delete;

    ~Dispatch() { Publisher::current_if_any()->leave<Fence>(frame_); }

    const Snapshot& find(Topics& topics, const EventType& type) {
        const Topics::Topic& topic = topics.topic(type);
        for (;;) {
            const Snapshot* const snapshot = topic.load(std::memory_order_acquire);
            frame_.snapshot.store(snapshot, light_store);
            Fence::light();
            stress_yield();
            // Still the topic's: then whoever retires it sees it named here.
            if (topic.load(light_load) == snapshot) [[likely]] {
                if (!snapshot->unbuilt()) [[likely]] {
                    return *snapshot;
                }
                topics.build(type);
            }
        }
    }

    /// Calls the handlers. From the first one on, nothing of the topics' owner is touched: a
    /// handler may destroy it. `watch` may be null.
    LIBBUS_MAY_BE_UNWOUND void call(const Snapshot& snapshot, const DomainEvent& event,
                                    DispatchReport& report, const Watch* watch) {
        HandlerSlot* const* next = snapshot.begin();
        HandlerSlot* const* const end = snapshot.end();
        report.handled = snapshot.size(); // less those that will be skipped, or throw
        for (;;) {
            try {
                if (watch == nullptr) [[likely]] {
                    for (; next != end; ++next) {
                        call_one(**next, event, report);
                    }
                } else {
                    for (; next != end; ++next) {
                        call_watched(**next, event, report, *watch);
                    }
                }
                return;
            }
            LIBBUS_PASS_FORCED_UNWIND
            catch (...) {
                next =
                    note_failure(frame_, event, report, watch != nullptr ? &watch->sink : nullptr);
            }
        }
    }

private:
    void call_one(HandlerSlot& slot, const DomainEvent& event, DispatchReport& report) {
        const std::uint32_t flags = begin(slot);
        if (flags == 0) [[likely]] {
            slot.invoke(slot, event);
        } else if (!call_special(frame_, slot, flags, event)) {
            --report.handled;
        }
    }

    void call_watched(HandlerSlot& slot, const DomainEvent& event, DispatchReport& report,
                      const Watch& watch) {
        const SteadyTime begun = watch.clock ? watch.clock->steady_now() : SteadyTime{};
        if (call_special(frame_, slot, begin(slot), event)) {
            const SteadyTime now = watch.clock ? watch.clock->steady_now() : SteadyTime{};
            watch.sink.on_finished(event, {.handler = slot.info->name, .duration = now - begun});
        } else {
            --report.handled;
        }
    }

    /// Names the handler that is to be called next; returns its flags.
    std::uint32_t begin(HandlerSlot& slot) {
        frame_.running.store(&slot, light_store);
        Fence::light();
        stress_yield();
        // After the handler is named: who ends it sees that, or this sees that it has ended. And
        // who waits for the one before it sees that it is over, or this sees that somebody waits.
        const std::uint32_t flags = slot.flags.load(light_load);
        if (frame_.asked.load(light_load)) [[unlikely]] {
            tell_those_who_wait(frame_);
        }
        return flags;
    }

    Frame& frame_;
};

/// What a publish is that nobody watches. (Left to itself the compiler puts it out of line, which
/// costs each publish a call.)
template <class Fence>
[[gnu::always_inline]] inline void dispatch(Topics& topics, const DomainEvent& event,
                                            bool to_mailboxes, DispatchReport& report) {
    Dispatch<Fence> dispatch;
    const Snapshot& snapshot = dispatch.find(topics, event.type());
    if (snapshot.has_takers() && to_mailboxes) [[unlikely]] {
        offer_to_all(snapshot, event);
    }
    dispatch.call(snapshot, event, report, nullptr);
}

} // namespace bus::detail
