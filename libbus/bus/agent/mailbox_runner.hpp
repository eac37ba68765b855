#pragma once

#include <bus/agent/internal/mailbox.hpp>
#include <bus/agent/internal/pending_timers.hpp>
#include <bus/agent/runner.hpp>
#include <bus/agent/step.hpp>
#include <bus/agent/timers.hpp>
#include <bus/dispatch/event_taker.hpp>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

namespace bus {

/// Drives one agent of a bus without a store: events come from publish through a bounded mailbox,
/// and what waits for its next attempt, or behind such a one, waits in memory. Thread safe.
class MailboxRunner final : public Runner,
                            public EventTaker,
                            public internal::ClockUser,
                            public std::enable_shared_from_this<MailboxRunner> {
public:
    /// Publishes what a step emitted, in order.
    using PublishEmitted =
        std::function<void(const std::vector<std::shared_ptr<const DomainEvent>>&)>;

    MailboxRunner(std::unique_ptr<Agent> agent, std::shared_ptr<RunnerHub> hub,
                  PublishEmitted publish_emitted);

    /// Calls the agent's on_start; to be called once, before the first offer. Throws
    /// std::runtime_error where that throws: the runner is not to be used then.
    void start();

    /// To be called once it is offered the events of every type that it takes: it joins for all of
    /// them at one moment, so that a publisher finds it there from one event on, without a gap.
    void open();

    /// Puts a copy of the event into the mailbox, once that is open. `may_block`: the caller is a
    /// thread of the host, which waits where the mailbox is full and its policy says so. Throws
    /// what the copy throws; the mailbox is as before then.
    void offer(const DomainEvent& event, bool may_block) override;

    [[nodiscard]] bool takes(const EventType& type) const override;

    /// What the agent keeps, as the steps that have ended have left it.
    [[nodiscard]] std::optional<std::string> state_text(std::string_view key);
    [[nodiscard]] StatePage state_page(std::string_view prefix,
                                       const std::optional<std::string>& after);

    const std::string& name() const noexcept override { return name_; }

    void show(const std::function<void(const Agent&)>& look) override;
    AgentStatus status() override;
    bool idle() override;
    [[nodiscard]] bool waits_for_time() override;
    void begin_stop() override;

    /// As Runner says, and calls on_stop. From a step or a timer, of whatever agent, it does not
    /// wait: on_stop is called then when the agent's last step ends.
    void stop() override;

    void end_agent() override;

    /// As stop() for an agent that leaves, which ends with it: what waits is destroyed, and counted
    /// as dropped. The agent ends in this thread, unless that is one of the workers. Waits
    /// for the running steps also where another agent's step calls it, unless these wait for that
    /// one in their turn; but not for the step that calls it.
    void remove();

private:
    class Source;
    using Lane = internal::Lane;
    enum class OnStop : std::uint8_t { due, running, done };

    void wake(Lane* lane);
    void post(Lane& lane);
    void run(Lane& lane) noexcept;
    void run_turn(Lane& lane);
    std::size_t run_ready(Lane& lane);
    std::size_t run_batch(Lane& lane, const internal::Mailbox::Batch& batch);
    void handle(Lane& lane, const DomainEvent& event) noexcept;
    void handle_or_throw(Lane& lane, const DomainEvent& event);
    void retry(Lane& lane, internal::Parking::Line& line) noexcept;
    bool retry_or_throw(Lane& lane, const internal::Parking::Line& line,
                        internal::Deferred delivery);
    [[nodiscard]] bool park(Lane& lane, const DomainEvent& event) noexcept;
    [[nodiscard]] std::optional<Failure> attempt(Lane& lane, const DomainEvent& event,
                                                 std::uint32_t number);
    void apply(Lane& lane, const DomainEvent& event, std::uint32_t number);
    void carry_out(const StepEffects& effects, const char* not_published);
    [[nodiscard]] bool defer(Lane& lane, const DomainEvent& event, std::string key,
                             internal::Deferred&& delivery, const Failure& failure);
    void give_up(Lane& lane, const DomainEvent& event, std::uint32_t attempt,
                 const Failure& failure);
    [[nodiscard]] const Agent::Handler* handler_of(const EventType& type) const noexcept;
    [[nodiscard]] std::string key_of(const DomainEvent& event) const;
    [[nodiscard]] std::optional<std::size_t> lane_hash(const DomainEvent& event) const;
    /// In a handler of an exception alone: tells observers what went wrong, and what was thrown.
    void report(const char* what) const noexcept;
    void finish();

    const std::string name_;
    std::unique_ptr<Agent> agent_; ///< goes under key_mutex_ and stop_mutex_
    const Sequence::Kind sequence_;
    std::shared_ptr<RunnerHub> hub_;
    Executor& pool_; ///< where its steps run
    PublishEmitted publish_emitted_;
    std::vector<const Agent::Handler*> handlers_; ///< by type index, for types known at the start
    std::shared_ptr<Timers> timers_;
    internal::PendingTimers attempts_; ///< of deferred deliveries
    internal::Mailbox mailbox_;

    std::mutex states_mutex_;
    std::map<std::string, std::string, std::less<>> states_;

    mutable std::shared_mutex key_mutex_; ///< held while a publisher asks for a sequence's key
    std::mutex stop_mutex_;
    std::condition_variable stop_changed_;
    OnStop on_stop_ = OnStop::due;
    bool removed_ = false;
    bool remover_waits_ = false; ///< and ends the agent; else the last step does
};

} // namespace bus
