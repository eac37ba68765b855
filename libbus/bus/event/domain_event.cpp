#include <bus/event/domain_event.hpp>

namespace bus {

namespace {

thread_local bool unstamped = false;

} // namespace

DomainEvent::DomainEvent() : type_{detail::domain_event_type()} {
    detail::stamp(*this);
}

void detail::stamp(DomainEvent& event) {
    if (!unstamped) {
        const EventStamp stamp = new_stamp();
        event.event_id = stamp.event_id;
        event.occurred_at = stamp.occurred_at;
    }
}

EventStamp new_stamp() {
    Environment& environment = Environment::ambient();
    const Timestamp now = environment.now();
    return {next_uuid(environment, now), now};
}

std::shared_ptr<const DomainEvent> stamped_copy(const DomainEvent& event) {
    // The cast is safe: nobody else has the copy yet.
    const auto copy = std::const_pointer_cast<DomainEvent>(event.type().copy(event));
    const EventStamp stamp = new_stamp();
    copy->event_id = stamp.event_id;
    copy->occurred_at = stamp.occurred_at;
    return copy;
}

UnstampedScope::UnstampedScope() noexcept : previous_{unstamped} {
    unstamped = true;
}

UnstampedScope::~UnstampedScope() {
    unstamped = previous_;
}

} // namespace bus
