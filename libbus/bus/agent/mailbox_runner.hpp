#pragma once

#include <bus/agent/internal/mailbox.hpp>
#include <bus/agent/internal/pending_timers.hpp>
#include <bus/agent/runner.hpp>
#include <bus/agent/step.hpp>
#include <bus/agent/step_effects.hpp>
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

/// Drives one agent of a bus without a store. Events come from publish through a bounded mailbox.
/// Deliveries that wait for their next attempt, and the events behind them, are kept in memory.
/// Thread safe.
class MailboxRunner final : public Runner,
                            public EventTaker,
                            public internal::ClockUser,
                            public std::enable_shared_from_this<MailboxRunner> {
public:
    /// Publishes what a step emitted, in order.
    using PublishEmitted =
        std::function<void(const std::vector<std::shared_ptr<const DomainEvent>>&)>;

    /// Reads the agent's settings. `publish_emitted` must work as long as the runner lives.
    MailboxRunner(std::unique_ptr<Agent> agent, std::shared_ptr<RunnerHub> hub,
                  PublishEmitted publish_emitted);

    /// Calls the agent's on_start. To be called once, before the first offer. If on_start throws,
    /// throws std::runtime_error, and the runner must not be used.
    void start();

    /// To be called once the runner is offered the events of all types that it takes. It begins to
    /// take events of all these types at the same moment, so that each publisher finds it there
    /// from one event on, without a gap.
    void open();

    /// Copies the event into the mailbox, once that is open. `may_block`: the caller is a thread of
    /// the host, which waits if the mailbox is full and its policy is to block. Throws what the
    /// copy throws; the event is then not in the mailbox.
    void offer(const DomainEvent& event, bool may_block) override;

    [[nodiscard]] bool takes(const EventType& type) const override;

    /// What the agent keeps after the steps that have ended.
    [[nodiscard]] std::optional<std::string> state_text(std::string_view key);
    /// A page of the states under `prefix`, after the key `after`.
    [[nodiscard]] StatePage state_page(std::string_view prefix,
                                       const std::optional<std::string>& after);

    const std::string& name() const noexcept override { return name_; }

    void show(const std::function<void(const Agent&)>& look) override;
    AgentStatus status() override;
    bool idle() override;
    /// True if a delivery waits for its time.
    [[nodiscard]] bool waits_for_time() override;
    void begin_stop() override;

    /// As Runner::stop, and calls on_stop. In a step or a timer of any agent it does not wait: then
    /// on_stop is called when the agent's last step ends.
    void stop() override;

    void end_agent() override;

    /// As stop(), for an agent that is removed from the bus. What waits is destroyed and counted as
    /// dropped. The agent is destroyed too: in this thread, unless it is one of the workers.
    ///
    /// If a step of another agent calls it, it still waits for the running steps, unless these in
    /// turn wait for that step. It never waits for the step that calls it.
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
    /// If the agent's key function throws, `failure` gets the message, which is empty if memory is
    /// short.
    [[nodiscard]] std::string key_of(const DomainEvent& event,
                                     std::optional<std::string>& failure) const;
    void report_key(const std::optional<std::string>& failure) const noexcept;
    [[nodiscard]] std::optional<std::size_t> lane_hash(const DomainEvent& event) const;
    /// Only in a handler of an exception: reports what went wrong, and what was thrown.
    void report(const char* what) const noexcept;
    /// Only in a handler of an exception. Empty if memory is short.
    [[nodiscard]] static std::string message_of_exception() noexcept;
    /// `why` is empty if memory is short.
    void report(const char* what, const std::string& why) const noexcept;
    void finish();

    const std::string name_;
    std::unique_ptr<Agent> agent_; ///< reset under key_mutex_ and stop_mutex_
    const Sequence::Kind sequence_;
    std::shared_ptr<RunnerHub> hub_;
    Executor& pool_; ///< runs the steps
    PublishEmitted publish_emitted_;
    std::vector<const Agent::Handler*> handlers_; ///< by type index, for types known at the start
    std::shared_ptr<Timers> timers_;
    internal::PendingTimers attempts_; ///< of deferred deliveries
    internal::Mailbox mailbox_;

    std::mutex states_mutex_;
    std::map<std::string, std::string, std::less<>> states_;

    /// Held while a publisher asks the agent for a sequence's key.
    mutable std::shared_mutex key_mutex_;
    std::mutex stop_mutex_;
    std::condition_variable stop_changed_;
    OnStop on_stop_ = OnStop::due;
    bool removed_ = false;
    /// The removing thread waits and ends the agent; otherwise the last step does.
    bool remover_waits_ = false;
};

} // namespace bus
