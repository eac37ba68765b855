#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/agent_status.hpp>
#include <bus/agent/around_steps.hpp>
#include <bus/dispatch/dispatch_report.hpp>
#include <bus/dispatch/handler_check.hpp>
#include <bus/dispatch/subscription.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/delay.hpp>
#include <bus/store/event_store.hpp>
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
class ObserverSink;
class ObserverSwitch;
class Runtime;

namespace detail {

/// Returns what writes a line to standard error. Defined elsewhere, since a std::function is slow
/// to compile.
std::function<void(std::string_view line)> says_on_stderr();

} // namespace detail

struct BusOptions {
    std::shared_ptr<Runtime> runtime{};  ///< null: a SystemRuntime of its own
    std::shared_ptr<EventStore> store{}; ///< null: nothing is kept
    /// How often to look into the store for requests that other processes make there; zero: never.
    /// In virtual time, and for a store of this process only, it never looks.
    Duration requests_every = std::chrono::milliseconds{500};
    /// Requests to forget an agent wait until the bus is this old: at start-up the program may
    /// still be about to add that agent, which would begin anew with all its effects.
    Duration forget_after = std::chrono::seconds{30};
    /// How often to check, besides before each commit, whether the store's file is still the one
    /// that was opened; zero: never. None: each second, but never in virtual time. A store in
    /// memory is never checked.
    std::optional<Duration> look_every = std::nullopt;
    /// Events older than this are pruned by the bus itself, as far as every agent in the store is
    /// done with them; zero: none. Each time it removes some, it leaves a request by `retention`.
    /// If an agent still needs old events, the observers' `trouble` reports it once.
    Duration retention{};
    /// How often to look for events that are old enough.
    Duration retention_every = std::chrono::hours{1};
    /// Called with a line for each failed handler, event that an agent gave up on or that was
    /// quarantined, and trouble, if no observer is connected to the signal that reports it
    /// (Observers: failed, dead_lettered, trouble), whether or not the publisher reads its report.
    /// At most ten times a second; then one line says how many were left out. Called on any thread;
    /// it must not call the bus. By default, lines go to standard error; null: nowhere.
    std::function<void(std::string_view line)> unheard = detail::says_on_stderr();
    /// Called around each attempt of each step, for tracing, or to set something that belongs to
    /// the thread (a tenant): see AroundSteps. Null: nothing.
    AroundSteps around_steps{};
};

struct PublishOptions {
    /// The version that the event's stream must have before the event; 0: the stream must not exist
    /// yet. Only with a store.
    std::optional<std::uint64_t> expected_version{};
};

/// The result of a publish.
struct PublishReport {
    Position position = 0;  ///< in the store; 0 if it is not kept
    bool duplicate = false; ///< the store already had this event; no handler was called
    DispatchReport handlers;
};

/// How to stop.
enum class Stop : std::uint8_t {
    drain, ///< what is queued and due is handled first
    now,   ///< running steps end, the rest stays
};

/// What was left when the bus stopped.
struct StopReport {
    bool drained = false;     ///< nothing that was due was left, and the store is well
    std::string lost{};       ///< what happened to the store's file (StoreLost); empty: nothing
    std::size_t queued = 0;   ///< events in mailboxes, or in the log for agents that are behind
    std::size_t deferred = 0; ///< deliveries that wait for a time
    std::size_t parked = 0;   ///< events that wait behind one of those
    std::size_t timers = 0;   ///< that had not fired; with a store they wait there
    std::vector<AgentStatus> agents{};
};

/// Publishes events to handlers and agents, and keeps them if a store is attached. All members are
/// thread safe unless they say otherwise.
///
/// Destroying it stops it (Stop::now); other threads must be done with it. A handler may destroy
/// the bus that has called it: it finishes, the handlers after it are skipped, and publish returns.
/// A bus with agents or a store must have been stopped before a handler destroys it, and no bus can
/// be destroyed on one of its own workers (in a step, or a handler of a posted event); otherwise
/// the program is aborted with a message that says so.
///
/// A bus belongs to the process that made it. In a child of fork(), and after daemon(), each call
/// throws std::logic_error, and destructors do nothing: make the bus after forking, in the process
/// that uses it.
class Bus {
public:
    explicit Bus(BusOptions options = {});
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    /// Calls `handler` in the publisher's thread for each event of type E, or of one that derives
    /// from it. It is any callable that takes (const E&).
    template <class E, class F>
    Subscription subscribe(F handler, SubscribeOptions options = {}) {
        if constexpr (detail::check_handler<E, F>()) {
            return subscribe(detail::make_slot<E>(std::move(handler), detail::AcceptAll{},
                                                  event_type<E>(), std::move(options)));
        } else {
            return {};
        }
    }

    /// The same for the events that `filter`, a callable from (const E&) to bool, accepts.
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

    /// Calls a member function of an object, which must live until the subscription has ended. With
    /// a std::shared_ptr the handler is tied to the object instead, see SubscribeOptions::tied_to.
    template <class E, class F, class C>

    requires detail::MethodOn<F, C> Subscription subscribe(F method, C* object,
                                                           SubscribeOptions options = {}) {
        if constexpr (detail::check_method<E, F, C>()) {
            return subscribe<E>(detail::method_handler<E>(method, object), std::move(options));
        } else {
            return {};
        }
    }

    template <class E, class F, class C>

    requires detail::MethodOn<F, C> Subscription subscribe(F method,
                                                           const std::shared_ptr<C>& object,
                                                           SubscribeOptions options = {}) {
        options.tied_to = object;
        return subscribe<E>(method, object.get(), std::move(options));
    }

    /// Refused with a sentence: the filter comes before the options.
    template <class E, class F, class P>
    Subscription subscribe(const F& /*handler*/, const SubscribeOptions& /*options*/,
                           const P& /*filter*/) {
        static_assert(detail::never<P>, "libbus: the options come behind the filter: write "
                                        "subscribe<E>(handler, filter, options)");
        return {};
    }

    /// Publishes an event. With a store, waits until the event is as safe as its type says
    /// (Durability); then calls the handlers in this thread. What they throw is in the report.
    /// Throws StoreError, VersionConflict or IdConflict if the event was not stored,
    /// std::logic_error once the bus is stopping, and what copying the event into a mailbox throws:
    /// agents before that mailbox have the event then. Copying and destroying an event must not
    /// call the bus.
    template <class E>
    PublishReport publish(const E& event) {
        if constexpr (detail::check_published<E>()) {
            return publish_event(event);
        } else {
            return {};
        }
    }

    template <class E>
    PublishReport publish(const E& event, const PublishOptions& options) {
        if constexpr (detail::check_published<E>()) {
            return publish_event(event, options);
        } else {
            return {};
        }
    }

    /// The same without waiting for the commit: handlers are called on a worker, after it. Without
    /// a store it may wait for room in a mailbox that blocks, as publish does.
    template <class E>
    Ticket post(E event, const PublishOptions& options = {}) {
        if constexpr (detail::check_published<E>()) {
            static_cast<void>(event_type<E>()); // it throws where the type cannot be used
            return post_event(std::make_shared<const E>(std::move(event)), options);
        } else {
            return Ticket{nullptr};
        }
    }

    /// Stores an event of any type, even one that this program does not know, as it is. Only with a
    /// store (std::logic_error without).
    PublishReport publish(const EventRecord& record, const PublishOptions& options = {});

    /// Adds an agent, which begins at once. Throws std::invalid_argument if another agent has its
    /// name, its settings are out of range, or the log holds events for it of an older version that
    /// no upcaster brings to the version that this program knows; StoreError.
    Agent& add(std::unique_ptr<Agent> agent);

    /// Does not compile: the bus owns its agents.
    template <class A>
    void add(std::shared_ptr<A> /*agent*/) {
        static_assert(detail::never<A>, "libbus: the bus owns its agents: give it a "
                                        "std::unique_ptr, or write emplace<A>(arguments...)");
    }

    /// Makes an agent of type A and adds it.
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

    /// Removes an agent: the events that wait for it are not handled, but counted as dropped in the
    /// returned status; on a store they stay in the log, and an agent of that name continues there.
    /// Returns when the agent's running steps have ended, unless one of them makes the call. The
    /// agent is destroyed. Throws std::invalid_argument if there is no agent of that name.
    AgentStatus remove(std::string_view agent);

    /// Publishes an event after `delay`, on a worker; zero and negative delays mean at once. Timers
    /// fire in the order of their due times, and in the order of scheduling if these are equal;
    /// what publishing throws is reported to the observers' `trouble`. Without a store they live in
    /// memory, and stopping the bus drops them. With one, schedule returns when the timer is
    /// committed, and the timer survives the program: if it came due while the program was not
    /// running, it fires as soon as a bus is made on the store. Throws std::logic_error once the
    /// bus is stopping, StoreError.
    template <class E>
    TimerHandle schedule(Duration delay, E event) {
        if constexpr (detail::check_published<E>()) {
            static_cast<void>(event_type<E>()); // it throws where the type cannot be used
            return schedule_event(delay, std::make_shared<const E>(std::move(event)));
        } else {
            return {};
        }
    }

    /// The same for a delay such as `1.5s`, rounded up to whole microseconds.
    template <class Rep, class Period, class E>

    requires(!std::convertible_to<std::chrono::duration<Rep, Period>, Duration>) TimerHandle
        schedule(std::chrono::duration<Rep, Period> delay, E event) {
        return schedule(detail::delay_of(delay), std::move(event));
    }

    /// False: that timer has fired, was cancelled, or does not belong to this bus. True: it never
    /// fires.
    bool cancel(TimerHandle timer);

    /// Runs what is ready and due in this thread, at most `limit` tasks, and returns how many ran:
    /// for a host that gave the bus a PolledRuntime and drives it from its own loop. With a runtime
    /// that runs by itself there is nothing to do, and 0 is returned.
    std::size_t poll(std::size_t limit = std::numeric_limits<std::size_t>::max());

    /// Makes a delivery that an agent has deferred due at once. False: the agent has not deferred
    /// it, or is trying it right now. Always false without a store.
    bool retry_now(std::string_view agent, Position position);

    /// Keeps an operator's request in the store and carries it out soon, like those that other
    /// processes make there; EventStore::requests() returns when that happened, and the result.
    /// `at` is filled in. Returns the request's number. An agent that is on this bus is not
    /// forgotten, nor is any agent if the request was made before this bus was: the answer says so.
    /// Requests are carried out one after the other; those that are open when the bus begins to
    /// stop stay open. Throws std::invalid_argument if the request does not say who makes it,
    /// std::logic_error without a store, StoreError.
    std::uint64_t request(RequestRecord request);

    /// Removes the events up to a position from the store, a thousand at a time, and returns how
    /// many; EventStore::last_before() finds the position for a time. Throws PruneRefused, which
    /// names the agent that still needs one of them; std::logic_error without a store; StoreError.
    std::uint64_t prune(Position through);

    /// Removes everything that the store keeps for an agent that is permanently gone: the log need
    /// not be kept for it any longer. False: the store does not know the agent. If the agent is
    /// still ending the step in which it was removed, waits for that. Throws std::invalid_argument
    /// if the agent is on this bus, or instead of that wait in a handler or a step;
    /// std::logic_error without a store; StoreError.
    bool forget(std::string_view agent);

    /// Waits until everything that can be done now is done: mailboxes are empty and everything is
    /// committed, though deliveries and timers may still wait for a later time. False: `timeout`
    /// was over first, or the store is lost (StoreLost). A step, or a handler that runs on a
    /// worker, cannot wait for itself: there wait_idle returns at once what idle() returns.
    bool wait_idle(std::optional<Duration> timeout = {});

    /// Waits until an agent has handled every event up to this position, which is included: each
    /// has finished, was given up, or was discarded, and what the steps did is committed. So the
    /// agent's state shows them, as a publisher needs it that queries a read model. A delivery that
    /// is deferred, or parked behind another one, has not been handled: it is waited for, even if a
    /// dead letter holds it up until an operator intervenes. An event that the agent does not
    /// handle counts once the agent has passed it. False: `timeout` was over first, the bus or the
    /// agent stopped, or the store is lost. In virtual time, and with a runtime that is polled, it
    /// runs tasks meanwhile, as wait_idle does. Throws std::invalid_argument if no agent of this
    /// bus has that name, std::logic_error without a store (use wait_idle), and in a step or a
    /// handler on a worker, which may be what it would wait for.
    bool wait_for(std::string_view agent, Position through, Duration timeout);

    /// True if wait_idle would not wait.
    [[nodiscard]] bool idle();

    /// Takes no more events, and ends as `how` says; idempotent. After `deadline` (counted from
    /// now) no further step begins; steps, and handlers on workers, that are running then are
    /// waited for, however long they take: none is cut off. While the bus drains, handlers and
    /// steps may publish what follows from the events being handled. A step, or a handler that runs
    /// on a worker, may call stop() too, but cannot wait for itself: there it begins the stop and
    /// returns at once, with a report of what is left; the next stop() of another thread, or the
    /// destructor, waits. If the store cannot be asked for the report, stop() throws StoreError,
    /// once everything has ended.
    StopReport stop(Stop how, Duration deadline = std::chrono::seconds{30});

    /// What an agent keeps under a key, as its committed steps have left it: see bus::read_state.
    /// Without a store, only for an agent that is on this bus. To see the result of an event that
    /// was just published, wait for the agent first.
    template <class T>
    [[nodiscard]] std::optional<T> read_state(std::string_view agent, std::string_view key) {
        return detail::state_from_text<T>(agent, key, state_text(agent, key));
    }

    /// The same for all keys that begin with `prefix`, ordered by key.
    template <class T>
    [[nodiscard]] States<T> read_states(std::string_view agent, std::string_view prefix = {}) {
        return {agent, [this, of = std::string{agent}, under = std::string{prefix}](
                           const auto& after) { return state_page(of, under, after); }};
    }

    /// The status of each agent, in the order in which they were added.
    [[nodiscard]] std::vector<AgentStatus> status();

    /// What the agents and handlers that are on the bus now declare; include <bus/agent/graph.hpp>
    /// to use it.
    [[nodiscard]] EventGraph graph();

    /// Include <bus/runtime/runtime.hpp> to use it.
    [[nodiscard]] Runtime& runtime() noexcept;
    /// Null without a store.
    [[nodiscard]] EventStore* store() noexcept;

    /// Sets the sink that watches the bus for as long as the sink lives: the bus does not keep it
    /// alive, so either may be destroyed first. An empty pointer removes it. Observers does this
    /// for you. Throws std::logic_error if another sink is watching. Returns what a sink that is
    /// not always wanted() needs; it may outlive the bus.
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

    /// Ended by the destructor. It remains when exit() destroys a static bus: other statics may
    /// still publish in their destructors.
    Core* const core_;
};

} // namespace bus
