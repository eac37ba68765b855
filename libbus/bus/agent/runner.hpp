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

/// What all runners of a bus share: where to tell of things, and how to notice that nothing moves.
class RunnerHub final : public ObserverSwitch, private detail::ForkListener {
public:
    explicit RunnerHub(Runtime& runtime, Unheard::Say unheard = say_on_stderr)
        : runtime_{runtime},
          clock_{std::make_shared<internal::ClockWatch>(runtime)},
          unheard_{std::make_shared<Unheard>(runtime, std::move(unheard))} {}

    [[nodiscard]] Runtime& runtime() const noexcept { return runtime_; }

    /// What runs around steps; to be set before the first agent comes.
    AroundSteps around_steps;

    /// The time, if somebody may be watching: how long things take is measured for them alone.
    [[nodiscard]] std::optional<SteadyTime> time_if_watched() {
        return cares_.listened_to() ? std::optional{runtime_.steady_now()} : std::nullopt;
    }

    /// How long it took, if that was measured.
    [[nodiscard]] Duration since(std::optional<SteadyTime> begun) {
        return begun ? runtime_.steady_now() - *begun : Duration::zero();
    }

    /// What notices that the wall clock was set.
    [[nodiscard]] internal::ClockWatch& clock() const noexcept { return *clock_; }

    /// True while a publish is nothing but a dispatch: nobody watches, and care() was not asked
    /// for.
    [[nodiscard]] bool carefree() const noexcept { return cares_.none(); }

    /// From now on each publish must look closer: there is a store, or the bus stops.
    void care() noexcept { cares_.mind(); }

    void watch() noexcept override { cares_.listen(); }

    /// Null where nobody watches, or the sink has nobody to tell; else it lives as long as the
    /// caller keeps what is returned.
    [[nodiscard]] std::shared_ptr<ObserverSink> sink() noexcept;

    /// For what must be heard of by somebody. To be kept no longer than this.
    [[nodiscard]] Teller teller() noexcept { return {sink(), *unheard_}; }

    /// Says what no observer hears of.
    [[nodiscard]] const std::shared_ptr<Unheard>& unheard() const noexcept { return unheard_; }

    void unheard(std::string_view what) noexcept override { unheard_->trouble(what); }

    /// Throws std::logic_error where somebody else watches already.
    void set_sink(std::weak_ptr<ObserverSink> sink);

    /// To be called, without a lock of one's own, whenever work came or went. Takes no lock while
    /// nobody waits.
    void note_change();

    /// The first half of it: to be called, under whatever lock, before it can be seen that work
    /// went, so that who looks at one place after the other knows that he has to look again.
    void count_change() noexcept { ++changes_; }

    /// The second half, without a lock, after it can be seen.
    ///
    /// No wake-up is lost: who waits counts himself before he looks at a runner, under that
    /// runner's lock. Where he looked before the change, our reading of the count comes after his
    /// unlock, so we find him, and he cannot be between looking and sleeping while we hold
    /// mutex_. Where he looked after it, he has seen it.
    void wake_waiters();

    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_.load(); }

    /// Waits until `done`, which is asked again after each change. False: the time was over.
    bool wait(const std::function<bool()>& done, std::optional<Duration> timeout);

private:
    /// In the child each publish looks closer, and finds that it is in the wrong process.
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

/// Where the agent's steps run.
[[nodiscard]] Executor& steps_of(const Agent& agent, Runtime& runtime);

/// Drives one agent.
class Runner {
public:
    Runner() = default;
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    virtual ~Runner() = default;

    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    /// Shows the agent, which does not go meanwhile; not once it has ended. `look` must not call
    /// the bus.
    virtual void show(const std::function<void(const Agent&)>& look) = 0;
    [[nodiscard]] virtual AgentStatus status() = 0;
    /// True where it has nothing to do before some time that is still to come.
    [[nodiscard]] virtual bool idle() = 0;
    /// Begins no further step, and does not wait for the running one.
    virtual void begin_stop() = 0;
    /// Begins no further step; returns when the running one has ended and is kept.
    virtual void stop() = 0;
    /// Destroys the agent, in this thread, once it was stopped: what still holds the runner does
    /// not hold what the agent refers to. Not to be called twice at a time.
    virtual void end_agent() = 0;
};

} // namespace bus
