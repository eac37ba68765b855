#include <bus/dispatch/dispatcher.hpp>
#include <bus/dispatch/internal/dispatch.hpp>
#include <bus/dispatch/worker_scope.hpp>

#include <algorithm>
#include <utility>

namespace bus {

namespace detail {

namespace {

/// Keeps alive the object that a handler is tied to. It releases the object only when the handler
/// is no longer named as running, because the object's destructor may wait for a thread that waits
/// for the handler.
struct Tie {
    explicit Tie(Frame& f) noexcept : frame{f} {}

    Tie(const Tie&) = delete;
    Tie& operator=(const Tie&) = delete;

    ~Tie() {
        if (object) {
            frame.tied = frame.running.load(std::memory_order_relaxed);
            frame.running.store(nullptr, light_store);
            AnyFence::light();
            if (frame.asked.load(light_load)) {
                tell_those_who_wait(frame);
            }
        }
    }

    Frame& frame;
    std::shared_ptr<const void> object;
};

/// Ends a slot. Returns true if it had not ended before.
bool end(HandlerSlot& slot) {
    if ((slot.flags.fetch_or(HandlerSlot::ended) & HandlerSlot::ended) != 0) {
        return false;
    }
    Publisher::current().end_later(SlotRef::share(slot));
    return true;
}

/// True if a handler takes events of this type, even if it does not run for this event: filters and
/// blocks do not count.
bool has_handlers(const Snapshot& snapshot) {
    return std::any_of(snapshot.begin(), snapshot.end(), [](const HandlerSlot* slot) {
        const std::uint32_t flags = slot->flags.load();
        return (flags & HandlerSlot::ended) == 0 &&
               ((flags & HandlerSlot::tied) == 0 || !slot->info->tie.expired());
    });
}

} // namespace

bool call_special(Frame& frame, HandlerSlot& slot, std::uint32_t flags, const DomainEvent& event) {
    if ((flags & HandlerSlot::ended) != 0 || flags >= HandlerSlot::one_block) {
        return false;
    }
    Tie tie{frame};
    if ((flags & HandlerSlot::tied) != 0) {
        tie.object = slot.info->tie.lock();
        if (!tie.object) {
            end(slot);
            return false;
        }
    }
    if ((flags & HandlerSlot::filtered) != 0) {
        if (!slot.accepts(event)) {
            return false;
        }
        if ((slot.flags.load() & HandlerSlot::ended) != 0) {
            return false; // the filter has ended it, or another thread has
        }
    }
    if ((flags & HandlerSlot::once) != 0 && !end(slot)) {
        return false;
    }
    stress_yield(); // others find it claimed, or end it, before the call begins
    // The snapshot holds a reference as long as the frame names it, which the analyzer cannot see.
    slot.invoke(slot, event); // NOLINT(clang-analyzer-cplusplus.NewDelete)
    return true;
}

HandlerSlot* const* note_failure(const Frame& frame, const DomainEvent& event,
                                 DispatchReport& report, ObserverSink* sink) {
    const Snapshot& snapshot = *frame.snapshot.load(std::memory_order_relaxed);
    const HandlerSlot* const running = frame.running.load(std::memory_order_relaxed);
    HandlerSlot* const* const thrower =
        std::find(snapshot.begin(), snapshot.end(), running != nullptr ? running : frame.tied);
    const HandlerSlot::Info& info = *(*thrower)->info;
    --report.handled;
    report.failures.push_back({info.name, std::current_exception()});
    const std::exception_ptr& error = report.failures.back().error;
    const bool heard = sink != nullptr && sink->hears(Alarm::failed);
    if (const auto topics = heard ? nullptr : info.topics.lock()) { // the topics may be gone
        topics->tell_failed(event, info.name, error);
    }
    if (sink != nullptr) {
        sink->on_failed(event, {}, Failure::from(error));
    }
    return thrower + 1;
}

void offer_to_all(const Snapshot& snapshot, const DomainEvent& event) {
    const bool may_block = !WorkerScope::active();
    for (const auto& taker : snapshot.takers()) {
        taker->offer(event, may_block);
    }
}

} // namespace detail

using detail::HandlerSlot;
using detail::Publisher;
using detail::SlotRef;
using detail::Topics;

Dispatcher::Dispatcher(Ended ended, Wait wait, Failed failed)
    : topics_{std::make_shared<Topics>(std::move(ended), std::move(wait), std::move(failed))} {}

Dispatcher::~Dispatcher() {
    close();
}

void Dispatcher::close() noexcept {
    topics_->close();
}

Subscription Dispatcher::subscribe(SlotRef slot) {
    const bool tied = (slot->flags & HandlerSlot::tied) != 0;
    if (tied && slot->info->tie.expired()) {
        slot->flags |= HandlerSlot::ended;
        return Subscription{std::move(slot)};
    }
    topics_->add(slot);
    return Subscription{std::move(slot)};
}

void Dispatcher::add_taker(std::shared_ptr<EventTaker> taker) {
    topics_->add(std::move(taker));
}

void Dispatcher::remove_taker(const EventTaker& taker) {
    topics_->remove(taker);
}

DispatchReport Dispatcher::dispatch(const DomainEvent& event, Offer offer) {
    DispatchReport report;
    detail::dispatch<detail::AnyFence>(*topics_, event, offer == Offer::to_mailboxes, report);
    return report;
}

DispatchReport Dispatcher::dispatch_watched(const DomainEvent& event, ObserverSink& sink,
                                            bool taken_elsewhere, Offer offer,
                                            std::shared_ptr<Runtime> clock) {
    DispatchReport report;
    const detail::Watch watch{sink, std::move(clock)};
    // A slot may publish, and a handler of that event may destroy this: then there are no handlers.
    const std::shared_ptr<Topics> topics = topics_;
    sink.on_published(event);
    bool known = taken_elsewhere;
    {
        detail::Dispatch<detail::AnyFence> dispatch;
        const detail::Snapshot& snapshot = dispatch.find(*topics, event.type());
        // Before the first call, because a handler may end itself or destroy all that could be
        // asked.
        known = known || snapshot.has_takers() || detail::has_handlers(snapshot);
        if (snapshot.has_takers() && offer == Offer::to_mailboxes) {
            detail::offer_to_all(snapshot, event);
        }
        dispatch.call(snapshot, event, report, &watch);
    }
    if (!known) {
        sink.on_unhandled(event);
    }
    return report;
}

void Dispatcher::offer(const DomainEvent& event) {
    detail::Dispatch<detail::AnyFence> dispatch;
    detail::offer_to_all(dispatch.find(*topics_, event.type()), event);
}

bool Dispatcher::has_handlers(const EventType& type) {
    return topics_->has_handlers(type);
}

std::vector<HandlerDescription> Dispatcher::handlers() {
    return topics_->handlers();
}

bool Dispatcher::dispatching_here() const noexcept {
    Publisher* const publisher = Publisher::current_if_any();
    return publisher != nullptr && publisher->dispatching(*topics_);
}

} // namespace bus
