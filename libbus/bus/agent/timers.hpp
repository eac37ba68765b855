#pragma once

#include <bus/agent/timer_handle.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/internal/clock_watch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace bus {

/// Events that wait in memory for their time: for the agents of a bus without a store, and for that
/// bus itself. They are published one after the other on the runtime's pool, in the order of their
/// due times; if these are equal, in the order in which their timers were started. Thread safe.
class Timers final : public std::enable_shared_from_this<Timers>,
                     public internal::ClockUser,
                     private Worker {
public:
    /// Called with an event that is due. An exception goes to `on_trouble`.
    using Fire = std::function<void(const std::shared_ptr<const DomainEvent>&)>;
    /// Called with the message of an exception that Fire threw.
    using OnTrouble = std::function<void(const char* what)>;

    /// `on_change` is called without a lock held when the last timer that was due has been handled.
    /// `bus`: workers of this bus do not wait in stop(). If it is null, only the worker that fires
    /// a timer does not wait.
    Timers(Runtime& runtime, Fire fire, OnTrouble on_trouble, std::function<void()> on_change,
           const void* bus = nullptr);

    /// Returns a handle for a timer that will be started later.
    [[nodiscard]] static TimerHandle reserve() noexcept {
        // One count for the whole process: no two handles are equal.
        static std::atomic<std::uint64_t> last{0};
        return TimerHandle{++last};
    }

    /// Starts the timer of a reserved handle. If the delay is zero or negative, it is due at once.
    void start(TimerHandle handle, Duration delay, std::shared_ptr<const DomainEvent> event);

    /// Returns false if the timer has fired already, was cancelled, or was never started. Otherwise
    /// it never fires.
    bool cancel(TimerHandle handle);

    /// How many timers are still to fire; after stop(), how many it dropped.
    [[nodiscard]] std::size_t pending() const;

    /// True if a timer waits for its time: see internal::ClockUser.
    [[nodiscard]] bool waits_for_time() override;

    /// True if no timer is due and none is firing.
    [[nodiscard]] bool idle() const;

    /// Drops the pending timers, and counts but does not keep those that are started later.
    /// Idempotent.
    void begin_stop();

    /// The same, and waits until no timer is firing. If a worker of the bus calls it, it returns at
    /// once.
    void stop();

private:
    struct Key {
        SteadyTime due{};
        std::uint64_t number; ///< counts the timers in the order of starting
        // clang-tidy 14 takes the comparison of its result for a null pointer.
        auto operator<=>(const Key&) const = default; // NOLINT(modernize-use-nullptr)
    };

    struct Timer {
        TimerHandle handle{};
        std::shared_ptr<const DomainEvent> event{};
    };

    void arm(std::unique_lock<std::mutex>& lock);
    void fire_due(SteadyTime due);
    void fire(const std::shared_ptr<const DomainEvent>& event) noexcept;

    Runtime& runtime_;
    const Fire fire_;
    const OnTrouble on_trouble_;
    const std::function<void()> on_change_;
    const void* const bus_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Key, Timer> timers_;
    std::unordered_map<std::uint64_t, Key> keys_; ///< from a handle's number
    std::uint64_t last_number_ = 0;
    std::optional<Runtime::TimerId> armed_;
    SteadyTime armed_for_{};
    bool firing_ = false;
    bool stopped_ = false;
    std::size_t dropped_ = 0;
};

} // namespace bus
