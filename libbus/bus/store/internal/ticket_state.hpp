#pragma once

#include <bus/runtime/home_process.hpp>
#include <bus/runtime/runtime.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/internal/commit_bell.hpp>
#include <bus/store/ticket.hpp>

namespace bus {

/// What a ticket waits for: filled in by the writer's thread.
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
        // Who wakes finds the lock free. Whoever resolves holds the state, so it is still there.
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

    /// The same, woken together with all who wait for the same commit, where that is possible.
    const PartResult& wait(internal::CommitBell& bell) {
        if (runtime->only_waits()) {
            bell.wait(); // it may have rung for the first of two commits only
        }
        return wait();
    }

    const detail::HomeProcess home;
    std::shared_ptr<Runtime> runtime{};
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<PartResult> result{};
    bool waits_alone = false;
    /// Itself, until it is resolved, for who has submitted it by a pointer: a function that holds
    /// no more than that needs no memory of its own.
    std::shared_ptr<State> held{};
    std::vector<NewEvent> spent{}; ///< freed where somebody waits, not by the writer
};

} // namespace bus
