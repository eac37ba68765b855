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
/// safe. No lock is held while a handler, a filter or the destructor of one runs.
///
/// Publishing takes no lock, allocates nothing, and writes no memory that another publisher reads
/// or writes. The exceptions are: the first publish of a thread; the first publish of a type on
/// this dispatcher, or after a change if the type has more than 64 handlers; and failures. Decision
/// 0007 explains how this works.
///
/// One of its own handlers may destroy the dispatcher; no other thread may use it then. After
/// fork(), a child of a program with several threads must not use it.
class Dispatcher {
public:
    /// Whether mailboxes are offered the event before the handlers are called. They may make this
    /// thread wait for room, unless it is a worker (WorkerScope).
    enum class Offer : bool { none, to_mailboxes };

    /// Called for each subscription that has ended, without a lock held, once new dispatches do not
    /// find it any more. Not called for subscriptions that end with the dispatcher. Must not throw.
    using Ended = std::function<void(const detail::HandlerSlot&)>;

    /// Returns once `done` returns true. It is for threads that must do other work while they wait.
    /// Must not throw.
    using Wait = std::function<void(const std::function<bool()>& done)>;

    /// Called with the event, the name of a handler that threw and its exception, if no sink hears
    /// of it. Must not throw.
    using Failed =
        std::function<void(const DomainEvent&, std::string_view, const std::exception_ptr&)>;

    /// Without `wait`, a thread that waits for the end of a handler sleeps.
    explicit Dispatcher(Ended ended = {}, Wait wait = {}, Failed failed = {});
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;
    ~Dispatcher();

    /// Adds a handler to the type of its slot, and to all types derived from it. If the object that
    /// the handler is tied to is gone already, the returned subscription has ended.
    Subscription subscribe(detail::SlotRef slot);

    /// Offers `taker` the events of the types that it takes, from the return of this call.
    void add_taker(std::shared_ptr<EventTaker> taker);
    /// Removes a taker. Harmless if it is not there.
    void remove_taker(const EventTaker& taker);

    /// Calls the handlers of the event's type. An exception of a handler is put into the report,
    /// and the other handlers run all the same. Throws what copying the event into a mailbox
    /// throws, before any handler runs.
    DispatchReport dispatch(const DomainEvent& event, Offer offer = Offer::none);

    /// The same, and reports to the sink that the event is published, what its handlers did, and
    /// whether it is unhandled. It is unhandled if at the beginning neither a handler nor a mailbox
    /// takes its type, and `taken_elsewhere` is false. If `clock` is given, it measures how long
    /// handlers run. The clock is kept alive here, because a handler may destroy everything else
    /// that holds it.
    DispatchReport dispatch_watched(const DomainEvent& event, ObserverSink& sink,
                                    bool taken_elsewhere, Offer offer = Offer::none,
                                    std::shared_ptr<Runtime> clock = {});

    /// Offers the event to the mailboxes only.
    void offer(const DomainEvent& event);

    /// True if a handler takes events of this type.
    [[nodiscard]] bool has_handlers(const EventType& type);

    /// The handlers, by type, and within a type in the order of calls.
    [[nodiscard]] std::vector<HandlerDescription> handlers();

    /// True if this thread is in a dispatch of this dispatcher.
    [[nodiscard]] bool dispatching_here() const noexcept;

    /// Ends all subscriptions. Handlers that are subscribed later are not affected.
    void close() noexcept;

    /// For the bus, whose publish is a dispatch on these topics.
    [[nodiscard]] detail::Topics& topics() const noexcept { return *topics_; }

private:
    std::shared_ptr<detail::Topics> topics_;
};

} // namespace bus
