#pragma once

#include <bus/dispatch/dispatcher.hpp>
#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>
#include <bus/runtime/internal/forced_unwind.hpp>
#include <bus/runtime/runtime.hpp>

#include <memory>

namespace bus::detail {

/// Calls a handler that has a filter, a tie, ... Returns false if it is skipped.
[[gnu::cold]] bool call_special(Frame& frame, HandlerSlot& slot, std::uint32_t flags,
                                const DomainEvent& event);

/// To be called while the exception of the frame's running handler is handled. Returns where to
/// continue. (The loop itself need not remember this, which makes a publish a sixth faster.)
[[gnu::cold]] HandlerSlot* const* note_failure(const Frame& frame, const DomainEvent& event,
                                               DispatchReport& report, ObserverSink* sink);

/// Offers the event to the mailboxes. Throws what copying it throws.
void offer_to_all(const Snapshot& snapshot, const DomainEvent& event);

/// Who watches a dispatch.
struct Watch {
    ObserverSink& sink;
    std::shared_ptr<Runtime> clock{}; ///< null: no time is measured
};

/// A dispatch on this thread. It names the snapshot that it runs, so that no thread frees it, and
/// the handler that it runs, so that a thread that ends the handler can wait. `Fence` says how it
/// fences.
///
/// This is the path of every publish. Rare work is done out of line, by functions that are given
/// the frame, so that the members stay in registers.
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
            // If the topic still has it, a thread that retires it sees it named here.
            if (topic.load(light_load) == snapshot) [[likely]] {
                if (!snapshot->unbuilt()) [[likely]] {
                    return *snapshot;
                }
                topics.build(type);
            }
        }
    }

    /// Calls the handlers. From the first call on, nothing of the topics' owner is used, because a
    /// handler may destroy it. `watch` may be null.
    LIBBUS_MAY_BE_UNWOUND void call(const Snapshot& snapshot, const DomainEvent& event,
                                    DispatchReport& report, const Watch* watch) {
        HandlerSlot* const* next = snapshot.begin();
        HandlerSlot* const* const end = snapshot.end();
        report.handled = snapshot.size(); // less those that are skipped or throw
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

    /// Names the handler that is called next, and returns its flags.
    std::uint32_t begin(HandlerSlot& slot) {
        frame_.running.store(&slot, light_store);
        Fence::light();
        stress_yield();
        // This comes after the handler was named. So either a thread that ends it sees that, or
        // this thread sees that it has ended. And either a thread that waits for the previous
        // handler sees that it is over, or this thread sees that somebody waits.
        const std::uint32_t flags = slot.flags.load(light_load);
        if (frame_.asked.load(light_load)) [[unlikely]] {
            tell_those_who_wait(frame_);
        }
        return flags;
    }

    Frame& frame_;
};

/// A publish that nobody watches. (Without the attribute the compiler puts it out of line, which
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
