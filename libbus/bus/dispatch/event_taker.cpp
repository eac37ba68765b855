#include <bus/dispatch/event_taker.hpp>

namespace bus {

namespace {

constinit thread_local const WorkerScope* innermost = nullptr;

} // namespace

WorkerScope::WorkerScope(const void* bus) noexcept : bus_{bus}, previous_{innermost} {
    innermost = this;
}

WorkerScope::~WorkerScope() {
    innermost = previous_;
}

bool WorkerScope::active() noexcept {
    return innermost != nullptr;
}

bool WorkerScope::active_for(const void* bus) noexcept {
    for (const WorkerScope* scope = innermost; scope != nullptr; scope = scope->previous_) {
        if (scope->bus_ == bus) {
            return true;
        }
    }
    return false;
}

} // namespace bus
