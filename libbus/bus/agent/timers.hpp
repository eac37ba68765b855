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

/// Events that wait for a time, in memory: for the agents of a bus without a store, and for
/// the bus itself. They come in order of their due times, and of their starting where these are
/// equal, one after the other, on the runtime's pool. Thread safe.
class Timers final : public std::enable_shared_from_this<Timers>,
                     public internal::ClockUser,
                     private Worker {
public:
    /// Called with an event that is due. What it throws goes to `on_trouble`.
    using Fire = std::function<void(const std::shared_ptr<const DomainEvent>&)>;
    using OnTrouble = std::function<void(const char* what)>;

    /// `on_change` is called without a lock when the last timer that was due has been handled.
    /// `bus`: whose workers do not wait in stop(); null: only the one that fires does not.
    Timers(Runtime& runtime, Fire fire, OnTrouble on_trouble, std::function<void()> on_change,
           const void* bus = nullptr);

    /// A handle for a timer to be started.
    [[nodiscard]] static TimerHandle reserve() noexcept {
        static std::atomic<std::uint64_t> last{0}; // of the process: a handle is nobody else's
        return TimerHandle{++last};
    }

    /// Starts the timer of a reserved handle; zero and negative delays are due at once.
    void start(TimerHandle handle, Duration delay, std::shared_ptr<const DomainEvent> event);

    /// False: it fired already, was cancelled, or never started. Else it never fires.
    bool cancel(TimerHandle handle);

    /// Timers that are still to fire; after stop(), those that it dropped.
    [[nodiscard]] std::size_t pending() const;

    [[nodiscard]] bool waits_for_time() override;

    /// True where none is due, and none is firing.
    [[nodiscard]] bool idle() const;

    /// Drops what is pending and takes no more (but counts it). Idempotent.
    void begin_stop();

    /// The same, and returns when none is firing; at once where called by a worker of the bus.
    void stop();

private:
    struct Key {
        SteadyTime due{};
        std::uint64_t number; ///< in order of starting
        // clang-tidy 14 takes the comparison of its result for a null pointer
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
    std::unordered_map<std::uint64_t, Key> keys_; ///< by handle
    std::uint64_t last_number_ = 0;
    std::optional<Runtime::TimerId> armed_;
    SteadyTime armed_for_{};
    bool firing_ = false;
    bool stopped_ = false;
    std::size_t dropped_ = 0;
};

} // namespace bus
