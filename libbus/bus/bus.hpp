#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/runner.hpp>
#include <bus/dispatch/dispatcher.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/runtime.hpp>
#include <bus/store/event_store.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

class EventGraph;

struct BusOptions {
    std::shared_ptr<Runtime> runtime;  ///< null: a SystemRuntime of its own
    std::shared_ptr<EventStore> store; ///< null: nothing is kept
};

struct PublishOptions {
    /// The version that the event's stream must have before it, 0: it must not exist yet. Only
    /// with a store.
    std::optional<std::uint64_t> expected_version;
};

/// What a publish came to.
struct PublishReport {
    Position position = 0;  ///< in the store; 0 where it is not kept
    bool duplicate = false; ///< the store had this event already; nobody was called
    DispatchReport handlers;
};

/// The promise of a post: resolves at the commit. May be dropped, and may outlive the bus.
class Ticket {
public:
    /// Waits for the commit and returns the event's position (0 without a store). Throws what kept
    /// it from being stored: StoreError, VersionConflict, IdConflict.
    Position wait();
    /// The same without waiting; none: not committed yet.
    [[nodiscard]] std::optional<Position> poll();
    /// Waits; returns why the event was not stored, null where it was.
    std::exception_ptr error();

private:
    friend class Bus;
    struct State;

    explicit Ticket(std::shared_ptr<State> state) : state_{std::move(state)} {}

    std::shared_ptr<State> state_;
};

/// How to stop.
enum class Stop : std::uint8_t {
    drain, ///< what is queued and due is handled first
    now,   ///< running steps end, the rest stays
};

/// What was left when the bus stopped.
struct StopReport {
    bool drained = false;     ///< nothing that was due was left
    std::size_t queued = 0;   ///< events in mailboxes, or in the log for agents that are behind
    std::size_t deferred = 0; ///< deliveries that wait for a time
    std::vector<AgentStatus> agents;
};

/// Publishes events to handlers and agents, and keeps them where a store is attached. All members
/// are thread safe unless they say otherwise. Destroying it stops it (Stop::now); no handler may
/// be running on another thread then.
class Bus {
public:
    explicit Bus(BusOptions options = {});
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();

    /// Calls `handler` in the publisher's thread for each event of type E, or of one that derives
    /// from it. It is any callable that takes (const E&).
    template <AnyEventStruct E, std::invocable<const E&> F>
    Subscription subscribe(F handler, const SubscribeOptions& options = {}) {
        return subscribe(event_type<E>(), wrap<E>(std::move(handler)), {}, options);
    }

    /// The same for the events that `filter`, a callable from (const E&) to bool, accepts.
    template <AnyEventStruct E, std::invocable<const E&> F, std::predicate<const E&> P>
    Subscription subscribe(F handler, P filter, const SubscribeOptions& options = {}) {
        return subscribe(
            event_type<E>(), wrap<E>(std::move(handler)),
            [filter = std::move(filter)](const DomainEvent& event) -> bool {
                return filter(static_cast<const E&>(event));
            },
            options);
    }

    /// Publishes an event. With a store, returns once it is as safe as its type says
    /// (Durability), then calls the handlers in this thread; what they throw is in the report.
    /// Throws StoreError, VersionConflict, IdConflict where it was not stored, std::logic_error
    /// once the bus is stopping.
    template <EventStruct E>
    PublishReport publish(const E& event, const PublishOptions& options = {}) {
        return publish_event(event, options);
    }

    /// The same without waiting: handlers are called on a worker, after the commit.
    template <EventStruct E>
    Ticket post(E event, const PublishOptions& options = {}) {
        return post_event(std::make_shared<const E>(std::move(event)), options);
    }

    /// Stores an event of any type, also one that this program does not know, as it is. Only with
    /// a store (std::logic_error without).
    PublishReport publish(const EventRecord& record, const PublishOptions& options = {});

    /// Adds an agent, which begins at once. Throws std::invalid_argument where another one has
    /// its name, or its settings are out of their ranges; StoreError.
    Agent& add(std::unique_ptr<Agent> agent);

    /// Makes an agent of type A and adds it.
    template <std::derived_from<Agent> A, class... Args>
    A& emplace(Args&&... args) {
        return static_cast<A&>(add(std::make_unique<A>(std::forward<Args>(args)...)));
    }

    /// Makes a delivery that an agent has deferred due at once. False: the agent has not deferred
    /// it, or is trying it right now. Without a store always false.
    bool retry_now(std::string_view agent, Position position);

    /// Waits until nothing is left to do before some time that is still to come: mailboxes empty,
    /// all committed. False: `timeout` was over first.
    bool wait_idle(std::optional<Duration> timeout = {});

    /// True where wait_idle would not wait.
    [[nodiscard]] bool idle();

    /// Takes no more events, and ends as `how` says, `deadline` (from now) at the latest;
    /// idempotent. Not to be called from a handler or an agent.
    StopReport stop(Stop how, Duration deadline = std::chrono::seconds{30});

    /// How the agents stand, in the order added.
    [[nodiscard]] std::vector<AgentStatus> status();

    /// What the agents added and the handlers subscribed by now declare; include
    /// <bus/agent/graph.hpp> to use it.
    [[nodiscard]] EventGraph graph();

    [[nodiscard]] Runtime& runtime() noexcept;
    /// Null without a store.
    [[nodiscard]] EventStore* store() noexcept;

    /// Who watches the bus, for as long as it lives: the bus does not keep it alive, so either may
    /// go first. An empty pointer takes it back. Observers does this for you. Throws
    /// std::logic_error where another one watches.
    void set_observer_sink(std::weak_ptr<ObserverSink> sink);

private:
    template <class E, class F>
    static Dispatcher::Call wrap(F handler) {
        return [handler = std::move(handler)](const DomainEvent& event) {
            handler(static_cast<const E&>(event));
        };
    }

    Subscription subscribe(const EventType& type, Dispatcher::Call call, Dispatcher::Filter filter,
                           const SubscribeOptions& options);
    PublishReport publish_event(const DomainEvent& event, const PublishOptions& options);
    Ticket post_event(std::shared_ptr<const DomainEvent> event, const PublishOptions& options);

    class Core;
    std::unique_ptr<Core> core_;
};

} // namespace bus
