#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/agent_status.hpp>
#include <bus/agent/around_steps.hpp>
#include <bus/dispatch/dispatch_report.hpp>
#include <bus/dispatch/handler_check.hpp>
#include <bus/dispatch/subscription.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/delay.hpp>
#include <bus/store/records.hpp>
#include <bus/store/store_error.hpp>
#include <bus/store/ticket.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

class EventGraph;
class EventStore;
class ObserverSink;
class ObserverSwitch;
class Runtime;

namespace detail {

/// Returns a function that writes a line to standard error. It is defined in a source file because
/// a std::function is slow to compile.
std::function<void(std::string_view line)> says_on_stderr();

} // namespace detail

/// How a bus is set up. All members have defaults.
struct BusOptions {
    std::shared_ptr<Runtime> runtime{};  ///< null: the bus makes a SystemRuntime of its own
    std::shared_ptr<EventStore> store{}; ///< null: no event is stored
    /// How often the bus looks into the store for requests from other processes; zero: never. It
    /// never looks in virtual time, nor into a store that no other process can write.
    Duration requests_every = std::chrono::milliseconds{500};
    /// A request to forget an agent waits until the bus is this old. At start-up the program may
    /// still be about to add that agent, and an agent that was forgotten starts again and repeats
    /// all its effects.
    Duration forget_after = std::chrono::seconds{30};
    /// How often the bus checks that the store's file is still the one that was opened, in addition
    /// to the check before each commit; zero: never. By default it checks once a second, but never
    /// in virtual time. A store in memory is never checked.
    std::optional<Duration> look_every = std::nullopt;
    /// The bus removes events that are older than this and that no agent in the store still needs;
    /// zero: it keeps all events. The age of an event is that of aged_events(). Each removal is
    /// recorded as a request made by `retention`. If an agent still needs old events, this is
    /// reported once to the observers' `trouble`.
    Duration retention{};
    /// How often the bus looks for events that are old enough to be removed.
    Duration retention_every = std::chrono::hours{1};
    /// Called with one line when a handler fails, when an agent gives up on an event or quarantines
    /// it, and for each trouble. It is not called if an observer is connected to the signal that
    /// reports the same (`failed`, `dead_lettered` and `trouble` of Observers). A failed handler is
    /// reported here even if the publisher reads its own report. The function is called at most ten
    /// times a second; if lines were left out, one line says how many. It may be called on any
    /// thread, also on several at the same time, and must not call the bus. By default the lines go
    /// to standard error; null: they are dropped.
    std::function<void(std::string_view line)> unheard = detail::says_on_stderr();
    /// Called around each attempt of each step, for example to trace it, or to set data of the
    /// thread such as a tenant: see AroundSteps. Null: nothing is called.
    AroundSteps around_steps{};
};

/// Options of a single publish.
struct PublishOptions {
    /// The version that the event's stream must have before this event; 0: the stream must not
    /// exist yet; none: any version. If the stream has another version, publish throws
    /// VersionConflict. If the event is not stored (there is no store, or its type is transient), a
    /// version cannot be expected: publish throws std::logic_error.
    std::optional<std::uint64_t> expected_version{};
};

/// The result of a publish.
struct PublishReport {
    Position position = 0;   ///< the event's place in the store; 0 if the event is not stored
    bool duplicate = false;  ///< the store already had this event, so no handler was called
    DispatchReport handlers; ///< the handlers that ran, and those that failed
};

/// How to stop.
enum class Stop : std::uint8_t {
    drain, ///< everything that is queued or due is handled first
    now,   ///< running steps end; everything else is left
};

/// What was left when the bus stopped.
struct StopReport {
    bool drained = false;     ///< no work that was due is left, and the store is intact
    std::string lost{};       ///< what happened to the store's file (StoreLost); empty: nothing
    std::size_t queued = 0;   ///< events in mailboxes, or in the log for agents that are behind
    std::size_t deferred = 0; ///< deliveries that wait for their next attempt
    std::size_t parked = 0;   ///< events that wait behind a deferred delivery or a dead letter
    std::size_t timers = 0;   ///< timers that had not fired; a store keeps them
    std::vector<AgentStatus> agents{}; ///< the status of each agent
};

/// Publishes events to handlers and agents, and stores the events if it has a store. All members
/// are thread safe unless they say otherwise.
///
/// The destructor stops the bus (Stop::now). Once it begins, no other thread may use the bus. A
/// handler may destroy the bus that called it: the handler finishes, the handlers after it are
/// skipped, and publish returns. If the bus has agents or a store, it must be stopped before a
/// handler destroys it. A bus must never be destroyed on one of its own workers, that is, in a step
/// or in a handler of a posted event. If one of these rules is broken, the program is aborted with
/// a message that names the rule.
///
/// A bus belongs to the process that made it. In a child of fork(), and after daemon(), every call
/// throws std::logic_error and the destructor does nothing. Make the bus after the fork, in the
/// process that uses it.
class Bus {
public:
    /// Throws std::logic_error if another bus is using the store; StoreError if the store fails.
    explicit Bus(BusOptions options = {});
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    /// Calls `handler`, any callable that takes (const E&), for each event of type E or of a type
    /// derived from E. It runs in the thread that publishes; for a posted event, on a worker. If
    /// the handler throws, the exception is in the PublishReport, and the other handlers run.
    /// Throws std::invalid_argument if the handler is null, or if no std::shared_ptr owns the
    /// object that it is tied to.
    template <class E, class F>
    Subscription subscribe(F handler, SubscribeOptions options = {}) {
        if constexpr (detail::check_handler<E, F>()) {
            return subscribe(detail::make_slot<E>(std::move(handler), detail::AcceptAll{},
                                                  event_type<E>(), std::move(options)));
        } else {
            return {};
        }
    }

    /// The same, but only for the events that `filter` accepts: a callable from (const E&) to bool.
    template <class E, class F, class P>

    requires(!std::convertible_to<P, SubscribeOptions>) Subscription
        subscribe(F handler, P filter, SubscribeOptions options = {}) {
        if constexpr (detail::check_handler<E, F>() && detail::check_filter<E, P>()) {
            return subscribe(detail::make_slot<E>(std::move(handler), std::move(filter),
                                                  event_type<E>(), std::move(options)));
        } else {
            return {};
        }
    }

    /// Calls a member function of an object, which must live until the subscription has ended. If
    /// you pass a std::shared_ptr, the handler is tied to the object instead: see
    /// SubscribeOptions::tied_to.
    template <class E, class F, class C>

    requires detail::MethodOn<F, C> Subscription subscribe(F method, C* object,
                                                           SubscribeOptions options = {}) {
        if constexpr (detail::check_method<E, F, C>()) {
            return subscribe<E>(detail::method_handler<E>(method, object), std::move(options));
        } else {
            return {};
        }
    }

    /// The same, with the handler tied to the object: it is no longer called once the object is
    /// gone.
    template <class E, class F, class C>

    requires detail::MethodOn<F, C> Subscription subscribe(F method,
                                                           const std::shared_ptr<C>& object,
                                                           SubscribeOptions options = {}) {
        options.tied_to = object;
        return subscribe<E>(method, object.get(), std::move(options));
    }

    /// Does not compile: the filter comes before the options.
    template <class E, class F, class P>
    Subscription subscribe(const F& /*handler*/, const SubscribeOptions& /*options*/,
                           const P& /*filter*/) {
        static_assert(detail::never<P>, "libbus: the options come after the filter: write "
                                        "subscribe<E>(handler, filter, options)");
        return {};
    }

    /// Publishes an event. With a store, publish first waits until the event is as safe as its type
    /// demands (Durability): on the disk if the type is `committed`, which is the default. Then it
    /// calls the handlers in this thread; the exceptions that they throw are in the report.
    ///
    /// Throws StoreError, VersionConflict, IdConflict or CodecError if the event was not stored,
    /// and std::logic_error once the bus is stopping. If copying the event into an agent's mailbox
    /// throws, publish throws the same exception; the agents before that one have received the
    /// event. Copying or destroying an event must not call the bus.
    template <class E>
    PublishReport publish(const E& event) {
        if constexpr (detail::check_published<E>()) {
            return publish_event(event);
        } else {
            return {};
        }
    }

    /// The same with options. Throws std::logic_error if they expect a version but the event is not
    /// stored: see PublishOptions.
    template <class E>
    PublishReport publish(const E& event, const PublishOptions& options) {
        if constexpr (detail::check_published<E>()) {
            return publish_event(event, options);
        } else {
            return {};
        }
    }

    /// Publishes an event without waiting for its commit. The handlers run on a worker, after the
    /// commit. If the event is not stored after all, the ticket has the reason, and no handler is
    /// called. Without a store, post may wait for room in a full mailbox, as publish does. Throws
    /// std::logic_error and CodecError as publish does.
    template <class E>
    Ticket post(E event, const PublishOptions& options = {}) {
        if constexpr (detail::check_published<E>()) {
            static_cast<void>(event_type<E>()); // throws if the type cannot be used
            return post_event(std::make_shared<const E>(std::move(event)), options);
        } else {
            return Ticket{nullptr};
        }
    }

    /// Stores an event of any type exactly as it is, even if this program does not know the type.
    /// Returns when it is on the disk. No handler is called; agents get the event from the log.
    /// Throws std::logic_error without a store or once the bus is stopping; StoreError,
    /// VersionConflict, IdConflict or CodecError if the event was not stored.
    PublishReport publish(const EventRecord& record, const PublishOptions& options = {});

    /// Adds an agent and starts it at once. Throws std::invalid_argument if `agent` is null, if
    /// another agent has its name, if its settings are out of range, if it handles a transient type
    /// although there is a store, or if the log holds events for it of an older version and this
    /// program has no upcaster for them; std::runtime_error if its on_start throws;
    /// std::logic_error once the bus is stopping; StoreError.
    Agent& add(std::unique_ptr<Agent> agent);

    /// Does not compile: the bus owns its agents.
    template <class A>
    void add(std::shared_ptr<A> /*agent*/) {
        static_assert(detail::never<A>, "libbus: the bus owns its agents: give it a "
                                        "std::unique_ptr, or write emplace<A>(arguments...)");
    }

    /// Makes an agent of type A and adds it, with the same exceptions as add().
    template <class A, class... Args>
    A& emplace(Args&&... args) {
        static_assert(std::derived_from<A, Agent>,
                      "libbus: the bus takes agents only: derive the type publicly from "
                      "bus::Agent");
        static_assert(std::constructible_from<A, Args...>,
                      "libbus: the agent cannot be made from these arguments: give it a public "
                      "constructor that takes them");
        if constexpr (std::derived_from<A, Agent> && std::constructible_from<A, Args...>) {
            return static_cast<A&>(add(std::make_unique<A>(std::forward<Args>(args)...)));
        }
    }

    /// Removes an agent and destroys it. Returns when the agent's running steps have ended, or
    /// earlier if one of these steps makes the call. Events that wait for the agent are not
    /// handled; the returned status counts them as dropped. A store keeps these events in its log,
    /// and a later agent of the same name continues with them. Throws std::invalid_argument if
    /// there is no agent of that name.
    AgentStatus remove(std::string_view agent);

    /// Publishes an event on a worker after `delay` (in microseconds; zero or negative: at once).
    /// Timers fire in the order of their due times; if these are equal, in the order of scheduling.
    /// If the publish throws, the exception is reported to the observers' `trouble`.
    ///
    /// Without a store a timer lives in memory, and stopping the bus drops it. With a store,
    /// schedule returns when the timer is committed, and the timer survives the program: if it came
    /// due while the program was not running, it fires as soon as a bus is made on the store.
    /// Throws std::logic_error once the bus is stopping; StoreError.
    template <class E>
    TimerHandle schedule(Duration delay, E event) {
        if constexpr (detail::check_published<E>()) {
            static_cast<void>(event_type<E>()); // throws if the type cannot be used
            return schedule_event(delay, std::make_shared<const E>(std::move(event)));
        } else {
            return {};
        }
    }

    /// The same for a delay such as `1.5s`, rounded up to whole microseconds. Throws
    /// std::invalid_argument if the delay is not a number (NaN).
    template <class Rep, class Period, class E>

    requires(!std::convertible_to<std::chrono::duration<Rep, Period>, Duration>) TimerHandle
        schedule(std::chrono::duration<Rep, Period> delay, E event) {
        return schedule(detail::delay_of(delay), std::move(event));
    }

    /// Cancels a timer. Returns true if the timer had not fired yet; it will never fire. Returns
    /// false if it has fired, was cancelled before, or is not a timer of this bus.
    bool cancel(TimerHandle timer);

    /// Runs in this thread at most `limit` of the tasks that are ready and due, and returns how
    /// many ran. It is for a host that gave the bus a PolledRuntime and drives the bus from its own
    /// loop. With a runtime that has its own threads there is nothing to run, and poll returns 0.
    std::size_t poll(std::size_t limit = std::numeric_limits<std::size_t>::max());

    /// Makes a deferred delivery of an agent due at once. Returns false if the agent has not
    /// deferred that delivery or is trying it right now; always false without a store.
    bool retry_now(std::string_view agent, Position position);

    /// Stores an operator's request and carries it out soon, as the bus does with requests that
    /// other processes put into the store. Returns the number of the request;
    /// EventStore::requests() has the time and the result once it is carried out. The bus sets
    /// `at`. Requests are carried out one after the other. Requests that are open when the bus
    /// begins to stop remain open.
    ///
    /// A request to forget an agent is refused if the agent is on this bus, or if the request is
    /// older than this bus; the result says so. Throws std::invalid_argument if `who` is empty,
    /// std::logic_error without a store; StoreError.
    std::uint64_t request(RequestRecord request);

    /// Removes the events up to and including a position from the store, a thousand at a time, and
    /// returns how many it removed. To remove events by age, use the position that aged_events()
    /// in <bus/store/retention.hpp> finds for a time, as the command `bus prune` does. Throws
    /// PruneRefused, which names the agent that still needs one of the events; std::logic_error
    /// without a store; StoreError.
    std::uint64_t prune(Position through);

    /// Removes everything that the store keeps for an agent that will not come back, so that the
    /// log need not be kept for it. Returns false if the store does not know the agent. If the
    /// agent was removed but its last step is still running, forget waits for the end of that step;
    /// in a handler of a posted event or in a step it throws std::invalid_argument instead. Throws
    /// std::invalid_argument if the agent is on this bus, std::logic_error without a store;
    /// StoreError.
    bool forget(std::string_view agent);

    /// Waits until all work that can be done now is done: mailboxes are empty and everything is
    /// committed. Deliveries and timers may still wait for a later time. Without a `timeout` it
    /// waits as long as that takes. Returns false if `timeout` ends first or the store is lost
    /// (StoreLost). A step, or a handler that runs on a worker, cannot wait for itself: there
    /// wait_idle returns at once, and the result says whether the bus is idle.
    bool wait_idle(std::optional<Duration> timeout = {});

    /// Waits until an agent has handled every event up to and including this position. An event is
    /// handled if it has finished, was given up or was discarded, and the result is committed. Then
    /// the agent's state reflects these events, so a publisher can query a read model after the
    /// call.
    ///
    /// A delivery that is deferred or parked is not handled yet. wait_for waits for such a
    /// delivery, even if a dead letter holds it up until an operator acts. An event of a type that
    /// the agent does not handle counts as handled once the agent has passed it.
    ///
    /// Returns false if `timeout` ends first, the bus or the agent stops, or the store is lost. In
    /// virtual time and with a polled runtime, wait_for runs tasks while it waits, as wait_idle
    /// does. Throws std::invalid_argument if this bus has no agent of that name; std::logic_error
    /// without a store (use wait_idle there), and in a step or a handler on a worker, which might
    /// wait for itself.
    bool wait_for(std::string_view agent, Position through, Duration timeout);

    /// True if wait_idle would return at once.
    [[nodiscard]] bool idle();

    /// Accepts no more events from outside, and ends the bus as `how` says. Idempotent.
    ///
    /// After `deadline`, counted from now, no further step begins. stop waits for steps and for
    /// handlers on workers that are still running then, however long they take. While the bus
    /// drains, its handlers and steps may still publish.
    ///
    /// A step, or a handler on a worker, may call stop too, but it cannot wait for itself. There
    /// stop begins the stop and at once returns a report of what is left; the next stop on another
    /// thread, or the destructor, waits. If the report cannot be read from the store, stop throws
    /// StoreError after everything has ended.
    StopReport stop(Stop how, Duration deadline = std::chrono::seconds{30});

    /// Returns what an agent keeps under a key after its committed steps; none if it keeps nothing
    /// there. Without a store the agent must be on this bus. To see the result of an event that was
    /// just published, wait for the agent first (wait_for). Throws CodecError if the state is not a
    /// T or is of a newer version; StoreError.
    template <class T>
    [[nodiscard]] std::optional<T> read_state(std::string_view agent, std::string_view key) {
        return detail::state_from_text<T>(agent, key, state_text(agent, key));
    }

    /// Returns all that an agent keeps under keys that begin with `prefix`, ordered by key. The
    /// states are read while the caller walks over them: see States, also for what it throws. The
    /// bus must live as long as the returned object is used.
    template <class T>
    [[nodiscard]] States<T> read_states(std::string_view agent, std::string_view prefix = {}) {
        return {agent, [this, of = std::string{agent}, under = std::string{prefix}](
                           const auto& after) { return state_page(of, under, after); }};
    }

    /// The status of each agent, in the order in which the agents were added.
    [[nodiscard]] std::vector<AgentStatus> status();

    /// The graph of what the agents and handlers that are now on the bus declare. Include
    /// <bus/agent/graph.hpp> to use it.
    [[nodiscard]] EventGraph graph();

    /// The runtime of the bus. Include <bus/runtime/runtime.hpp> to use it.
    [[nodiscard]] Runtime& runtime() noexcept;
    /// The store; null if the bus has none.
    [[nodiscard]] EventStore* store() noexcept;

    /// Sets the sink that watches the bus. The bus does not keep it alive: either may be destroyed
    /// first. An empty pointer removes the sink. The class Observers does this for you. Throws
    /// std::logic_error if another sink is watching. Returns a switch, for a sink whose wanted()
    /// may return false: when wanted() becomes true again, the sink must call
    /// ObserverSwitch::watch(). The switch may outlive the bus.
    std::shared_ptr<ObserverSwitch> set_observer_sink(std::weak_ptr<ObserverSink> sink);

private:
    Subscription subscribe(const detail::SlotRef& slot);
    PublishReport publish_event(const DomainEvent& event);
    PublishReport publish_event(const DomainEvent& event, const PublishOptions& options);
    TimerHandle schedule_event(Duration delay, std::shared_ptr<const DomainEvent> event);
    Ticket post_event(std::shared_ptr<const DomainEvent> event, const PublishOptions& options);
    std::optional<std::string> state_text(std::string_view agent, std::string_view key);
    StatePage state_page(std::string_view agent, std::string_view prefix,
                         const std::optional<std::string>& after);

    class Core;
    /// Throws std::logic_error in a child of fork().
    [[nodiscard]] Core& here() const;

    /// Deleted by the destructor, except while exit() destroys a static bus: the destructors of
    /// other statics may still publish.
    Core* const core_;
};

} // namespace bus
