#pragma once

#include <bus/runtime/runtime.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/ticket.hpp>

namespace bus {

/// What a ticket waits for: filled in by the writer's thread.
struct Ticket::State {
    explicit State(std::shared_ptr<Runtime> r) : runtime{std::move(r)} {}

    void resolve(PartResult&& r) {
        {
            const std::lock_guard lock{mutex};
            result = std::move(r);
        }
        // Who wakes finds the lock free. Whoever resolves holds the state, so it is still there.
        changed.notify_all();
    }

    const PartResult& wait() {
        std::unique_lock lock{mutex};
        runtime->wait(lock, changed, [this] { return result.has_value(); });
        return *result;
    }

    std::shared_ptr<Runtime> runtime;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<PartResult> result;
};

} // namespace bus
