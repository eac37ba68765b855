#include <bus/event/domain_event.hpp>

namespace bus {

namespace {

thread_local bool unstamped = false;

} // namespace

DomainEvent::DomainEvent() : type_{detail::domain_event_type()} {
    if (!unstamped) {
        Environment& environment = Environment::ambient();
        occurred_at = environment.now();
        event_id = next_uuid(environment, occurred_at);
    }
}

UnstampedScope::UnstampedScope() noexcept : previous_{unstamped} {
    unstamped = true;
}

UnstampedScope::~UnstampedScope() {
    unstamped = previous_;
}

} // namespace bus
