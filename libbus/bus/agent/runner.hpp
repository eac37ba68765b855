#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/agent_status.hpp>
#include <bus/agent/around_steps.hpp>
#include <bus/dispatch/attention.hpp>
#include <bus/dispatch/observer_sink.hpp>
#include <bus/dispatch/teller.hpp>
#include <bus/dispatch/unheard.hpp>
#include <bus/runtime/home_process.hpp>
#include <bus/runtime/internal/clock_watch.hpp>
#include <bus/runtime/runtime.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace bus {

/// What all runners of a bus share: whom to report to, and how to wait until the bus is idle.
class RunnerHub final : public ObserverSwitch, private detail::ForkListener {
public:
    /// `unheard` writes the lines of Unheard.
    explicit RunnerHub(Runtime& runtime, Unheard::Say unheard = say_on_stderr)
        : runtime_{runtime},
          clock_{std::make_shared<internal::ClockWatch>(runtime)},
          unheard_{std::make_shared<Unheard>(runtime, std::move(unheard))} {}

    /// The runtime of the bus.
    [[nodiscard]] Runtime& runtime() const noexcept { return runtime_; }

    /// Called around each attempt of a step. To be set before the first agent is added.
    AroundSteps around_steps;

    /// Returns the time if somebody may be watching; durations are measured only for observers.
    [[nodiscard]] std::optional<SteadyTime> time_if_watched() {
        return cares_.listened_to() ? std::optional{runtime_.steady_now()} : std::nullopt;
    }

    /// How long something has taken; zero if its begin was not measured.
    [[nodiscard]] Duration since(std::optional<SteadyTime> begun) {
        return begun ? runtime_.steady_now() - *begun : Duration::zero();
    }

    /// Notices when the wall clock is set.
    [[nodiscard]] internal::ClockWatch& clock() const noexcept { return *clock_; }

    /// True while a publish is only a dispatch: nobody watches, and care() was not called.
    [[nodiscard]] bool carefree() const noexcept { return cares_.none(); }

    /// From now on each publish must look more closely, because there is a store or the bus stops.
    void care() noexcept { cares_.mind(); }

    void watch() noexcept override { cares_.listen(); }

    /// Returns null if nobody watches, or if the sink has no listener. Otherwise the sink lives as
    /// long as the caller keeps the returned pointer.
    [[nodiscard]] std::shared_ptr<ObserverSink> sink() noexcept;

    /// For reports that must reach somebody. Not to be kept longer than this hub.
    [[nodiscard]] Teller teller() noexcept { return {sink(), *unheard_}; }

    /// Writes what no observer hears of.
    [[nodiscard]] const std::shared_ptr<Unheard>& unheard() const noexcept { return unheard_; }

    void unheard(std::string_view what) noexcept override { unheard_->trouble(what); }

    /// Throws std::logic_error if another sink is watching already.
    void set_sink(std::weak_ptr<ObserverSink> sink);

    /// To be called whenever work was added or finished, while the caller holds no lock of its own.
    /// Takes no lock if nobody waits.
    void note_change();

    /// The first half of note_change(). To be called, under any lock, before other threads can see
    /// that work has moved away. A thread that looks at one place after the other then knows that
    /// it must look again.
    void count_change() noexcept { ++changes_; }

    /// The second half of note_change(). To be called without a lock, after the change can be seen.
    ///
    /// No wake-up is lost. A waiting thread first adds itself to the count of waiters, and then
    /// looks at each runner under the runner's lock. If it looked before the change, this thread
    /// reads the count after that lock was released, so it finds the waiter; and while this thread
    /// holds mutex_, the waiter cannot be between its look and its sleep. If it looked after the
    /// change, it has seen the change.
    void wake_waiters();

    /// How often something has changed.
    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_.load(); }

    /// Waits until `done` returns true; it is asked again after each change. Returns false if the
    /// timeout ends first.
    bool wait(const std::function<bool()>& done, std::optional<Duration> timeout);

private:
    /// In the child process each publish looks more closely, and finds that it is in the wrong
    /// process.
    void in_child() noexcept override { care(); }

    Runtime& runtime_;
    std::shared_ptr<internal::ClockWatch> clock_;
    std::shared_ptr<Unheard> unheard_;
    detail::Attention cares_;
    std::mutex sink_mutex_;
    std::weak_ptr<ObserverSink> sink_;
    std::atomic<std::uint64_t> changes_{0};
    std::atomic<unsigned> waiters_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
};

/// The executor that runs the agent's steps.
[[nodiscard]] Executor& steps_of(const Agent& agent, Runtime& runtime);

/// Drives one agent.
class Runner {
public:
    Runner() = default;
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    virtual ~Runner() = default;

    /// The agent's name.
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    /// Calls `look` with the agent, which is not destroyed meanwhile; does nothing once the agent
    /// has ended. `look` must not call the bus.
    virtual void show(const std::function<void(const Agent&)>& look) = 0;
    /// The agent's status at this moment.
    [[nodiscard]] virtual AgentStatus status() = 0;
    /// True if the agent has nothing to do now; it may still wait for a later time.
    [[nodiscard]] virtual bool idle() = 0;
    /// Lets no further step begin, and does not wait for the running ones.
    virtual void begin_stop() = 0;
    /// Lets no further step begin, and returns when the running ones have ended and are kept.
    virtual void stop() = 0;
    /// Destroys the agent in this thread, once it has stopped. After that the runner may live on,
    /// but holds nothing that the agent refers to. Not to be called twice at the same time.
    virtual void end_agent() = 0;
};

} // namespace bus
