#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace bus::internal {

/// The conditions on which threads wait right now, so that they can be told of what is none of
/// those conditions' business: a task to run, an error. Thread safe.
class Waiters {
public:
    /// Enters a condition while in scope. At the end of it the others are notified: one of them
    /// may have to do what this thread did.
    class Scope {
    public:
        Scope(Waiters& waiters, std::condition_variable& condition)
            : waiters_{waiters}, condition_{condition} {
            const std::lock_guard lock{waiters_.mutex_};
            waiters_.conditions_.push_back(&condition_);
            ++waiters_.count_;
        }

        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

        ~Scope() {
            {
                const std::lock_guard lock{waiters_.mutex_};
                auto& all = waiters_.conditions_;
                all.erase(std::find(all.begin(), all.end(), &condition_)); // one of its entries
                --waiters_.count_;
            }
            waiters_.notify_all();
        }

    private:
        Waiters& waiters_;
        std::condition_variable& condition_;
    };

    /// Grows with each notify_all: who sees the same number twice has missed none in between.
    [[nodiscard]] std::uint64_t changes() const { return changes_; }

    /// Notifies without the mutex that belongs to the condition, as the caller may hold it. A
    /// waiter that has compared changes() and does not sleep yet misses it: it looks again after
    /// a while.
    void notify_all() {
        ++changes_;
        if (count_ == 0) {
            return;
        }
        const std::lock_guard lock{mutex_};
        for (std::condition_variable* condition : conditions_) {
            condition->notify_all();
        }
    }

private:
    std::atomic<std::uint64_t> changes_{0};
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    std::vector<std::condition_variable*> conditions_;
};

} // namespace bus::internal
