#pragma once

#include <bus/dispatch/handler_description.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/event/failure.hpp>

#include <cstdint>
#include <string_view>

namespace bus {

/// A handler, or an agent's step, that has finished.
struct Handled {
    std::string_view by{}; ///< the agent; empty: a plain handler
    std::string_view
        handler{}; ///< the name of that, see SubscribeOptions::name; empty: it has none
    /// How long it ran, the commit not included. Zero: nobody watched when it began.
    Duration duration{};
    std::uint32_t attempt = 1; ///< of a step

    /// For those that want no more than `by`.
    operator std::string_view() const noexcept { return by; } // NOLINT(google-explicit-constructor)
};

/// What must not go unheard: a handler that threw, an agent that gave up, trouble.
enum class Alarm : std::uint8_t { failed, dead_lettered, trouble };

/// Turns the telling on, for a sink that may have turned out to have nobody to tell.
class ObserverSwitch {
public:
    ObserverSwitch() = default;
    ObserverSwitch(const ObserverSwitch&) = delete;
    ObserverSwitch& operator=(const ObserverSwitch&) = delete;
    virtual ~ObserverSwitch() = default;

    /// To be called whenever somebody has come to whom the sink tells things, once its wanted()
    /// says so: what happens after it has returned is told. Harmless after the bus has gone.
    /// Thread safe.
    virtual void watch() noexcept = 0;

    /// For trouble that the sink itself has met and can tell nobody: the bus says it as
    /// BusOptions::unheard wants it.
    virtual void unheard(std::string_view /*what*/) noexcept {}
};

/// What the bus tells those who watch it. Who wants signals to connect to uses Observers
/// (observers.hpp); this is the seam behind it, which keeps Boost.Signals2 out of bus.hpp.
/// Called from whatever thread it happens on; implementations must be thread safe and not throw.
class ObserverSink {
public:
    ObserverSink() = default;
    ObserverSink(const ObserverSink&) = delete;
    ObserverSink& operator=(const ObserverSink&) = delete;
    virtual ~ObserverSink() = default;

    /// True where it watches no longer, though somebody may still be telling it something: another
    /// one may take its place.
    [[nodiscard]] virtual bool closed() const noexcept { return false; }

    /// False where it has nobody to tell just now: the bus then stops telling it anything, and a
    /// publish pays nothing for it, until ObserverSwitch::watch() is called. Asked, without a lock
    /// of the bus held, each time that there is something to tell.
    [[nodiscard]] virtual bool wanted() noexcept { return true; }

    /// False if it has nobody to tell just now of failed handlers, dead letters, or trouble: the
    /// bus then says it itself, see BusOptions::unheard. Asked only if there is something of it.
    [[nodiscard]] virtual bool hears(Alarm /*alarm*/) noexcept { return true; }

    /// An event was published (with a store: is committed).
    virtual void on_published(const DomainEvent& event) noexcept = 0;
    /// A handler or an agent's step has finished; `by` is the agent's name, empty for a handler.
    virtual void on_handled(const DomainEvent& event, std::string_view by) noexcept = 0;

    /// The same, with all that is known of it. A sink implements one of the two.
    virtual void on_finished(const DomainEvent& event, const Handled& handled) noexcept {
        on_handled(event, handled.by);
    }

    /// A handler threw, or an attempt of a step failed. Not for a step that is not_ready.
    virtual void on_failed(const DomainEvent& event, std::string_view by,
                           const Failure& failure) noexcept = 0;

    /// What the step needs is not there yet: no fault of anybody's. It is tried again.
    virtual void on_not_ready(const DomainEvent& /*event*/, std::string_view /*agent*/,
                              const Failure& /*failure*/) noexcept {}

    /// When it was published, neither a handler nor an agent took events of this type. A handler
    /// counts whatever its filter said, and also while it is blocked.
    virtual void on_unhandled(const DomainEvent& event) noexcept = 0;
    /// An agent gave up on an event. If that cannot be read, `event` only stands for it, and
    /// Failure::unread() has what is kept of it; so with the others.
    virtual void on_dead_lettered(const DomainEvent& event, std::string_view agent,
                                  const Failure& failure) noexcept = 0;

    /// The first event of a sequence waits behind a delivery that the agent has deferred or given
    /// up; those that follow it are not told of. `behind`: the position of that delivery, which is
    /// 0 without a store.
    virtual void on_parked(const DomainEvent& /*event*/, std::string_view /*agent*/,
                           std::uint64_t /*behind*/) noexcept {}

    /// A handler was subscribed; it may have run by now.
    virtual void on_subscribed(const HandlerDescription& /*handler*/) noexcept {}

    /// A subscription has ended: the handler begins no more. The calls that are under way on other
    /// threads may still run.
    virtual void on_unsubscribed(const HandlerDescription& /*handler*/) noexcept {}

    /// An agent was added; it may have begun by now.
    virtual void on_agent_added(std::string_view /*agent*/) noexcept {}

    /// The bus itself met trouble that no caller hears of: a commit that failed and is tried
    /// again, ...
    virtual void on_trouble(std::string_view what) noexcept = 0;
};

} // namespace bus
