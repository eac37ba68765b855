#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace bus::internal {

/// The conditions on which threads wait at present. They are notified here of things that the
/// conditions themselves are not meant for: a task to run, an error. Thread safe.
class Waiters {
public:
    /// Registers a condition while in scope. When the scope ends, the other waiters are notified,
    /// because one of them may have to take over what this thread did.
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

    /// Increases with each notify_all(). A thread that sees the same number twice has missed
    /// nothing in between.
    [[nodiscard]] std::uint64_t changes() const { return changes_; }

    /// Notifies without the mutex that belongs to the condition, because the caller may hold it. A
    /// waiter that has compared changes() but does not sleep yet misses the notification; it must
    /// check again after a while.
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
