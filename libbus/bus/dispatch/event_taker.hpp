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

} // namespace bus
