#pragma once

#include <bus/dispatch/handler_description.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/event/failure.hpp>

#include <cstdint>
#include <string_view>

namespace bus {

/// A handler, or an agent's step, that has finished.
struct Handled {
    std::string_view by{}; ///< the agent's name; empty: it was a plain handler
    std::string_view
        handler{}; ///< the plain handler's name, see SubscribeOptions::name; empty: it has none
    /// How long it ran, without the commit; zero if nobody watched when it began.
    Duration duration{};
    std::uint32_t attempt = 1; ///< the number of the step's attempt

    /// For slots that want only `by`.
    operator std::string_view() const noexcept { return by; } // NOLINT(google-explicit-constructor)
};

/// What somebody must hear of: a handler that threw, an agent that gave up, trouble.
enum class Alarm : std::uint8_t { failed, dead_lettered, trouble };

/// Turns reporting on again, for a sink that had nobody to report to.
class ObserverSwitch {
public:
    ObserverSwitch() = default;
    ObserverSwitch(const ObserverSwitch&) = delete;
    ObserverSwitch& operator=(const ObserverSwitch&) = delete;
    virtual ~ObserverSwitch() = default;

    /// To be called when the sink has a new listener, once its wanted() says so. Everything that
    /// happens after the return is reported. Harmless once the bus is gone. Thread safe.
    virtual void watch() noexcept = 0;

    /// For trouble of the sink itself that it cannot report to anybody: the bus writes it as
    /// BusOptions::unheard says.
    virtual void unheard(std::string_view /*what*/) noexcept {}
};

/// What the bus reports to those who watch it. If you want signals to connect to, use Observers
/// (observers.hpp). This is the interface behind it, which keeps Boost.Signals2 out of bus.hpp. It
/// is called on the thread on which something happens. Implementations must be thread safe and must
/// not throw.
class ObserverSink {
public:
    ObserverSink() = default;
    ObserverSink(const ObserverSink&) = delete;
    ObserverSink& operator=(const ObserverSink&) = delete;
    virtual ~ObserverSink() = default;

    /// True if it no longer watches, although another thread may still be reporting to it. Another
    /// sink may take its place.
    [[nodiscard]] virtual bool closed() const noexcept { return false; }

    /// False if it has nobody to report to just now. Then the bus reports nothing to it, and a
    /// publish pays nothing for it, until ObserverSwitch::watch() is called. Asked, while the bus
    /// holds no lock, each time there is something to report.
    [[nodiscard]] virtual bool wanted() noexcept { return true; }

    /// False if it has nobody just now to report this alarm to. Then the bus itself writes it, see
    /// BusOptions::unheard. Asked only if there is such an alarm.
    [[nodiscard]] virtual bool hears(Alarm /*alarm*/) noexcept { return true; }

    /// An event was published; with a store, it is committed.
    virtual void on_published(const DomainEvent& event) noexcept = 0;
    /// A handler or an agent's step has finished; `by` is the agent's name, empty for a handler.
    virtual void on_handled(const DomainEvent& event, std::string_view by) noexcept = 0;

    /// The same with everything that is known. A sink implements one of the two.
    virtual void on_finished(const DomainEvent& event, const Handled& handled) noexcept {
        on_handled(event, handled.by);
    }

    /// A handler threw, or an attempt of a step failed. Not called for a step that is not_ready.
    virtual void on_failed(const DomainEvent& event, std::string_view by,
                           const Failure& failure) noexcept = 0;

    /// A step is tried again because what it needs is not there yet; nothing is wrong.
    virtual void on_not_ready(const DomainEvent& /*event*/, std::string_view /*agent*/,
                              const Failure& /*failure*/) noexcept {}

    /// When the event was published, no handler and no agent took its type. A handler counts even
    /// if its filter refused the event or it was blocked.
    virtual void on_unhandled(const DomainEvent& event) noexcept = 0;
    /// An agent gave up on an event. If the event cannot be read, `event` is a placeholder, and
    /// Failure::unread() has what is kept of it. The same holds for the other functions.
    virtual void on_dead_lettered(const DomainEvent& event, std::string_view agent,
                                  const Failure& failure) noexcept = 0;

    /// The first event of a sequence waits behind a delivery that the agent has deferred or given
    /// up. Events that follow it are not reported. `behind`: the position of that delivery; 0
    /// without a store.
    virtual void on_parked(const DomainEvent& /*event*/, std::string_view /*agent*/,
                           std::uint64_t /*behind*/) noexcept {}

    /// A handler was subscribed; it may have run already.
    virtual void on_subscribed(const HandlerDescription& /*handler*/) noexcept {}

    /// A subscription has ended, and no new call of its handler begins. Calls that are under way on
    /// other threads may still run. See Observers::unsubscribed for subscriptions that end by
    /// themselves.
    virtual void on_unsubscribed(const HandlerDescription& /*handler*/) noexcept {}

    /// An agent was added; it may have started already.
    virtual void on_agent_added(std::string_view /*agent*/) noexcept {}

    /// Trouble of the bus that no caller hears of: for example a commit that failed and is tried
    /// again.
    virtual void on_trouble(std::string_view what) noexcept = 0;
};

} // namespace bus
