#pragma once

#include <bus/event/domain_event.hpp>

namespace bus {

/// Takes events off a publisher's thread: the mailbox of an agent. Thread safe.
class EventTaker {
public:
    EventTaker() = default;
    EventTaker(const EventTaker&) = delete;
    EventTaker& operator=(const EventTaker&) = delete;
    virtual ~EventTaker() = default;

    /// Always the same answer for a type.
    [[nodiscard]] virtual bool takes(const EventType& type) const = 0;

    /// Keeps a copy of the event. `may_block`: the caller is a thread of the host, which may be
    /// made to wait for room. Throws what copying the event throws.
    virtual void offer(const DomainEvent& event, bool may_block) = 0;
};

/// While in scope, this thread works for a bus: it runs a step, or a handler on behalf of one. Such
/// a thread is never made to wait for room in a mailbox, or for the bus to come to rest. Scopes
/// nest.
class WorkerScope {
public:
    explicit WorkerScope(const void* bus) noexcept;
    WorkerScope(const WorkerScope&) = delete;
    WorkerScope& operator=(const WorkerScope&) = delete;
    ~WorkerScope();

    /// True on a thread that works for any bus.
    [[nodiscard]] static bool active() noexcept;
    /// True on one that works for this one, directly or further out.
    [[nodiscard]] static bool active_for(const void* bus) noexcept;

private:
    const void* bus_;
    const WorkerScope* previous_;
};

} // namespace bus
