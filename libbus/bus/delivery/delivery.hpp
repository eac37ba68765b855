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

/// How often the store is looked at, and the like: see BusOptions.
struct DeliveryTimes {
    RequestTimes requests{};
    RetentionTimes retention{};
    std::optional<Duration> look_every{};
};

/// Everything behind a store: the writer, the agents that are fed from the log, and the plain
/// handlers of what was not published by a waiting thread.
class Delivery {
public:
    /// Throws StoreError.
    Delivery(EventStore& store, Dispatcher& dispatcher, std::shared_ptr<RunnerHub> hub,
             std::shared_ptr<Runtime> runtime, const DeliveryTimes& times, const AgentNames& names);
    /// stop() first.
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    /// Called with a part's result on the writer's thread.
    using Done = Writer::Done;

    /// Hands an event to the writer. The bell is as Writer::submit says.
    Writer::Bell submit(NewEvent event, Durability durability, Done done);
    /// Calls the plain handlers on a worker, after those that were asked for before.
    void dispatch_later(const std::shared_ptr<const DomainEvent>& event);

    Agent& add(std::unique_ptr<Agent> agent);
    /// Takes an agent away; what it has not finished stays in the log. A worker does not wait for
    /// its steps: it ends behind them, on another one. Throws std::invalid_argument where there is
    /// none of that name.
    AgentStatus remove(std::string_view agent);
    /// See Bus::retry_now.
    bool retry_now(std::string_view agent, Position position);
    /// Stores a timer of the host's. Returns when it is committed; throws StoreError.
    TimerHandle schedule(Duration delay, const DomainEvent& event);
    /// False: it has fired, or was cancelled before. Throws StoreError.
    bool cancel(TimerHandle timer);
    /// See Bus::request.
    std::uint64_t request(const RequestRecord& request);
    using Use = std::function<std::size_t(EventStore&)>;

    /// Runs `use` on the writer's thread and returns what it has returned; throws what it throws.
    /// It holds what it needs: where the wait throws, it may still run when this has gone.
    std::size_t with_writer(Use use);
    [[nodiscard]] bool handled_by_agent(const EventType& type);
    [[nodiscard]] std::vector<std::shared_ptr<AgentRunner>> runners();
    /// nullptr: there is none of that name.
    [[nodiscard]] std::shared_ptr<AgentRunner> runner_of(std::string_view agent);
    [[nodiscard]] bool idle();
    /// Waits for an agent that a step has removed and that has not ended yet; on a thread of the
    /// workers it throws std::invalid_argument instead.
    void let_leave(const std::string& agent);

    /// What has become of the store, if it is lost: then all has stopped but the bus itself. Empty:
    /// it is well.
    [[nodiscard]] std::string lost();

    /// No further request is taken up.
    void begin_drain() {
        requests_->stop();
        retention_->stop();
    }

    /// No further timer fires, and no further request is taken up.
    void begin_stop();
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
    std::vector<std::shared_ptr<AgentRunner>> leaving_; ///< removed, and not ended yet
    std::atomic<std::size_t> commands_under_way_{0};    ///< of agents that are not here
    std::atomic<bool> unknown_types_reported_{false};   ///< when the first agent was added
    std::shared_ptr<DurableTimers> timers_;
    std::shared_ptr<RequestDesk> requests_;
    std::shared_ptr<StoreWatch> watch_;
    std::string lost_; ///< guarded by mutex_
    std::shared_ptr<RetentionRule> retention_;
    Writer writer_; ///< last but for what uses it: its thread uses the rest
    DeliveryHouse house_;
};

} // namespace bus
