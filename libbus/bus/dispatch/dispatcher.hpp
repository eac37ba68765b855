#pragma once

#include <bus/dispatch/dispatch_report.hpp>
#include <bus/dispatch/event_taker.hpp>
#include <bus/dispatch/handler_description.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/dispatch/subscription.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bus {

class Runtime;

/// Calls the handlers of an event in the publisher's thread, depth first. All members are thread
/// safe. No lock is held while a handler, a filter or the destructor of one runs. Publishing takes
/// no lock, allocates nothing and writes no memory that another publisher writes or reads, apart
/// from a thread's first publish, a type's first one on this dispatcher or after a change of more
/// than 64 handlers, and failures.
/// Decision 0007 tells how.
///
/// It may be destroyed by one of its own handlers; other threads must be done with it then. After
/// fork(), a child of a program with several threads must not use it.
class Dispatcher {
public:
    /// Whether mailboxes get the event, before the handlers are called. They may make this thread
    /// wait for room, unless it is a worker (WorkerScope).
    enum class Offer : bool { none, to_mailboxes };

    /// Told of each subscription that has ended, without a lock held, once new dispatches do not
    /// find it; not of those that the dispatcher's own end ends. Must not throw.
    using Ended = std::function<void(const detail::HandlerSlot&)>;

    /// Returns once `done` says so; for a thread that must go on working meanwhile. Must not throw.
    using Wait = std::function<void(const std::function<bool()>& done)>;

    /// Told of a handler that threw, by its name if it has one, if no sink hears of it. Must not
    /// throw.
    using Failed =
        std::function<void(const DomainEvent&, std::string_view, const std::exception_ptr&)>;

    /// Without `wait`, whoever waits for the end of a handler sleeps.
    explicit Dispatcher(Ended ended = {}, Wait wait = {}, Failed failed = {});
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;
    ~Dispatcher();

    /// Adds a handler to the type that its slot says, and to those that derive from it. Where the
    /// object that it is tied to has gone already, the subscription returned has ended.
    Subscription subscribe(detail::SlotRef slot);

    /// Offers events to `taker`, of the types that it takes, from when this returns.
    void add_taker(std::shared_ptr<EventTaker> taker);
    /// Harmless where it is not there.
    void remove_taker(const EventTaker& taker);

    /// Calls the handlers of the event's type. What a handler throws is kept in the report, and
    /// keeps no other handler from running. Throws what copying the event for a mailbox throws,
    /// before any handler runs.
    DispatchReport dispatch(const DomainEvent& event, Offer offer = Offer::none);

    /// The same, and tells the sink that the event is published, what comes of its handlers, and
    /// where it is so that it is unhandled: at the begin of this neither a handler nor a mailbox
    /// took events of this type, nor does anybody else, as `taken_elsewhere` says. How long
    /// handlers run is measured by the runtime's clock, if it is given; a handler may end all
    /// that hold it.
    DispatchReport dispatch_watched(const DomainEvent& event, ObserverSink& sink,
                                    bool taken_elsewhere, Offer offer = Offer::none,
                                    std::shared_ptr<Runtime> clock = {});

    /// Only the mailboxes.
    void offer(const DomainEvent& event);

    /// True where some handler takes events of this type.
    [[nodiscard]] bool has_handlers(const EventType& type);

    /// The handlers, by type and in the order in which they are called.
    [[nodiscard]] std::vector<HandlerDescription> handlers();

    /// True on a thread that is in a dispatch of this one.
    [[nodiscard]] bool dispatching_here() const noexcept;

    /// Ends all subscriptions; who is subscribed later stays so.
    void close() noexcept;

    /// For the bus, whose publish is this one's dispatch.
    [[nodiscard]] detail::Topics& topics() const noexcept { return *topics_; }

private:
    std::shared_ptr<detail::Topics> topics_;
};

} // namespace bus
