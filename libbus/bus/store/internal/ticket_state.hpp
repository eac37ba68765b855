#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/runtime.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/internal/commit_bell.hpp>
#include <bus/store/ticket.hpp>

namespace bus {

/// The state of a ticket, filled in by the writer's thread.
struct Ticket::State {
    explicit State(std::shared_ptr<Runtime> r) : runtime{std::move(r)} {}

    void resolve(PartResult&& r, Part&& p = {}) {
        bool awaited = false;
        {
            const std::lock_guard lock{mutex};
            result = std::move(r);
            spent = std::move(p.events);
            awaited = waits_alone;
        }
        // The lock is released first, so that the woken thread finds it free. The caller keeps the
        // state alive.
        if (awaited) {
            changed.notify_all();
        }
    }

    const PartResult& wait() {
        std::unique_lock lock{mutex};
        waits_alone = true;
        runtime->wait(lock, changed, [this] { return result.has_value(); });
        return *result;
    }

    /// The same, but wakes together with all threads that wait for the same commit, if the runtime
    /// allows it.
    const PartResult& wait(internal::CommitBell& bell) {
        if (runtime->only_waits()) {
            bell.wait(); // it may have rung only for the first of two commits
        }
        return wait();
    }

    const detail::HomeProcess home;
    std::shared_ptr<Runtime> runtime{};
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<PartResult> result{};
    bool waits_alone = false;
    /// Points to this object until it is resolved, for a submitter that holds only a plain pointer:
    /// a function object that holds no more than a pointer needs no memory of its own.
    std::shared_ptr<State> held{};
    std::vector<NewEvent> spent{}; ///< freed on the waiting thread, not on the writer's
};

} // namespace bus
