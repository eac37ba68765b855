#include <bus/dispatch/worker_scope.hpp>

namespace bus {

namespace {

constinit thread_local const WorkerScope* innermost = nullptr;

} // namespace

WorkerScope::WorkerScope(const void* bus, Worker* worker) noexcept
    : bus_{bus}, worker_{worker}, outer_{innermost} {
    innermost = this;
}

WorkerScope::~WorkerScope() {
    innermost = outer_;
}

template <class Is>
bool WorkerScope::any(Is is) noexcept {
    const WorkerScope* scope = innermost;
    while (scope != nullptr && !is(*scope)) {
        scope = scope->outer_;
    }
    return scope != nullptr;
}

bool WorkerScope::active() noexcept {
    return innermost != nullptr;
}

bool WorkerScope::active_for(const void* bus) noexcept {
    return any([bus](const WorkerScope& scope) { return scope.bus_ == bus; });
}

bool WorkerScope::works_for(const Worker& worker) noexcept {
    return any([&worker](const WorkerScope& scope) { return scope.worker_ == &worker; });
}

void WorkerScope::tell_waits(bool begins) noexcept {
    for (const WorkerScope* scope = innermost; scope != nullptr; scope = scope->outer_) {
        if (scope->worker_ != nullptr) {
            scope->worker_->waits(begins);
        }
    }
}

} // namespace bus
