#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/failure.hpp>

#include <string_view>

namespace bus {

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

    /// An event was published (with a store: is committed).
    virtual void on_published(const DomainEvent& event) noexcept = 0;
    /// A handler or an agent's step has finished; `by` is the agent's name, empty for a handler.
    virtual void on_handled(const DomainEvent& event, std::string_view by) noexcept = 0;
    /// A handler threw, or an attempt of a step failed.
    virtual void on_failed(const DomainEvent& event, std::string_view by,
                           const Failure& failure) noexcept = 0;
    /// Neither a handler nor an agent takes events of this type.
    virtual void on_unhandled(const DomainEvent& event) noexcept = 0;
    /// An agent gave up on an event.
    virtual void on_dead_lettered(const DomainEvent& event, std::string_view agent,
                                  const Failure& failure) noexcept = 0;
    /// The bus itself met trouble that no caller hears of: a commit that failed and is tried
    /// again, ...
    virtual void on_trouble(std::string_view what) noexcept = 0;
};

} // namespace bus
