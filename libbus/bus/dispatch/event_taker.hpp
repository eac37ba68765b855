#pragma once

#include <bus/event/domain_event.hpp>

namespace bus {

/// Takes events from a publisher's thread: an agent's mailbox. Thread safe.
class EventTaker {
public:
    EventTaker() = default;
    EventTaker(const EventTaker&) = delete;
    EventTaker& operator=(const EventTaker&) = delete;
    virtual ~EventTaker() = default;

    /// True if it takes events of this type; always the same answer for a type.
    [[nodiscard]] virtual bool takes(const EventType& type) const = 0;

    /// Keeps a copy of the event. `may_block`: the caller is a thread of the host, which may have
    /// to wait for room. Throws what copying the event throws.
    virtual void offer(const DomainEvent& event, bool may_block) = 0;
};

} // namespace bus
