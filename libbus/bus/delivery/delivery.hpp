#pragma once

#include <bus/agent/runner.hpp>
#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/durable_timers.hpp>
#include <bus/delivery/request_desk.hpp>
#include <bus/delivery/retention_rule.hpp>
#include <bus/delivery/store_watch.hpp>
#include <bus/dispatch/dispatcher.hpp>
#include <bus/runtime/strand.hpp>
#include <bus/store/writer.hpp>

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

namespace bus {

/// The times in BusOptions that concern a store.
struct DeliveryTimes {
    RequestTimes requests{};
    RetentionTimes retention{};
    std::optional<Duration> look_every{}; ///< how often StoreWatch looks; none: the default
};

/// The part of a bus that works on a store: the writer, the agents that are fed from the log, and
/// the plain handlers of events that no waiting thread has published. Thread safe.
class Delivery {
public:
    /// Throws StoreError.
    Delivery(EventStore& store, Dispatcher& dispatcher, std::shared_ptr<RunnerHub> hub,
             std::shared_ptr<Runtime> runtime, const DeliveryTimes& times, const AgentNames& names);
    /// Call stop() first.
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    /// Called with the result of a part, on the writer's thread.
    using Done = Writer::Done;

    /// Gives an event to the writer. For the bell see Writer::submit.
    Writer::Bell submit(NewEvent event, Durability durability, Done done);
    /// Calls the plain handlers on a worker, in the order of these calls.
    void dispatch_later(const std::shared_ptr<const DomainEvent>& event);

    /// Starts an agent. Throws StoreError, and what AgentRunner::start() throws.
    Agent& add(std::unique_ptr<Agent> agent);
    /// Removes an agent; what it has not finished stays in the log. A host thread waits until the
    /// agent has ended. A worker does not wait, since it may run a step of that agent: the agent
    /// ends later on another worker. Throws std::invalid_argument if there is no such agent.
    AgentStatus remove(std::string_view agent);
    /// See Bus::retry_now.
    bool retry_now(std::string_view agent, Position position);
    /// Stores a timer of the host's. Returns when it is committed. Throws StoreError.
    TimerHandle schedule(Duration delay, const DomainEvent& event);
    /// Returns false if the timer has fired or was cancelled before. Throws StoreError.
    bool cancel(TimerHandle timer);
    /// See Bus::request.
    std::uint64_t request(const RequestRecord& request);
    using Use = std::function<std::size_t(EventStore&)>;

    /// Runs `use` on the writer's thread and returns its result; throws what it throws. `use` must
    /// own what it needs: if the wait throws, it may still run after this call has returned.
    std::size_t with_writer(Use use);
    /// Whether an agent of this bus handles the type.
    [[nodiscard]] bool handled_by_agent(const EventType& type);
    [[nodiscard]] std::vector<std::shared_ptr<AgentRunner>> runners();
    /// nullptr if there is no agent of that name.
    [[nodiscard]] std::shared_ptr<AgentRunner> runner_of(std::string_view agent);
    /// Whether nothing is under way and nothing is due.
    [[nodiscard]] bool idle();
    /// Waits for an agent that a step has removed and that has not ended yet. A worker must not
    /// wait for it: on a worker this throws std::invalid_argument.
    void let_leave(const std::string& agent);

    /// What happened to the store if it is lost; empty if it is not. If it is lost, everything but
    /// the bus itself has stopped.
    [[nodiscard]] std::string lost();

    /// From now on no request of an operator is begun.
    void begin_drain() {
        requests_->stop();
        retention_->stop();
    }

    /// From now on no timer fires and no request of an operator is begun.
    void begin_stop();
    /// The same, and waits until all agents have ended and everything submitted is committed.
    void stop();

private:
    std::shared_ptr<AgentRunner> take_out(std::string_view agent);
    void leave(const std::shared_ptr<AgentRunner>& runner);
    void end(const std::shared_ptr<AgentRunner>& runner);
    [[nodiscard]] bool leaves(std::string_view agent);
    [[nodiscard]] bool leavers_idle();
    void finish_leaving(std::string_view agent);
    void on_trouble(const std::string& what, bool lost);
    void on_committed(const Writer::Committed& committed);
    void on_aftermath(const AgentRunner::Aftermath& aftermath);
    void on_fired(const EventRecord& record);
    void command(DeliveryCommand command, RequestDesk::OnCommand done);
    std::string lost_by_replay(const AgentRecord& agent);
    void replay(const std::string& agent, ReplayOrder order, RequestAnswer answer,
                RequestDesk::OnCommand done);
    PartResult submit_and_wait(Part part);

    EventStore& store_;
    Dispatcher& dispatcher_;
    std::shared_ptr<RunnerHub> hub_;
    std::shared_ptr<Runtime> runtime_;
    std::shared_ptr<Strand> handlers_;
    std::shared_ptr<Strand> leavers_; ///< ends the agents that steps have removed
    std::shared_mutex mutex_;
    std::vector<std::shared_ptr<AgentRunner>> runners_;
    std::vector<std::shared_ptr<AgentRunner>> leaving_; ///< removed, but not ended yet
    std::atomic<std::size_t> commands_under_way_{0};    ///< for agents that are not on this bus
    std::atomic<bool> unknown_types_reported_{false};   ///< set when the first agent is added
    std::shared_ptr<DurableTimers> timers_;
    std::shared_ptr<RequestDesk> requests_;
    std::shared_ptr<StoreWatch> watch_;
    std::string lost_; ///< guarded by mutex_
    std::shared_ptr<RetentionRule> retention_;
    Writer writer_; ///< declared after what its thread uses, so that it is destroyed first
    DeliveryHouse house_;
};

} // namespace bus
