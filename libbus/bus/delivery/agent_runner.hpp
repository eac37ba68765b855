#pragma once

#include <bus/agent/runner.hpp>
#include <bus/delivery/step_batch.hpp>
#include <bus/delivery/step_runner.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/writer.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace bus {

/// Drives one agent from the log: catch-up in pages, then live from memory; steps in order of
/// position; what a step did is committed as one part, a failed attempt as another.
class AgentRunner final : public Runner, public std::enable_shared_from_this<AgentRunner> {
public:
    /// What a committed part leaves to be done by the delivery.
    struct Aftermath {
        std::vector<std::shared_ptr<const DomainEvent>> emitted; ///< for the plain handlers
        std::vector<DeliveryRecord> redriven;                    ///< of whatever agent
    };

    using OnAftermath = std::function<void(Aftermath&&)>;

    AgentRunner(std::unique_ptr<Agent> agent, EventStore& store, Writer& writer,
                std::shared_ptr<RunnerHub> hub, OnAftermath on_aftermath);

    /// Registers the agent in the store where it is new, and begins. Throws StoreError.
    void start();
    /// Events of a commit, in order; those the agent has no room for it reads later.
    void offer(const Writer::Committed& committed);
    /// A dead delivery of this agent is deferred again.
    void take_redriven(const DeliveryRecord& delivery);

    /// Makes a deferred delivery due at once. False: it is not deferred, or under way.
    bool retry_now(Position position);

    Agent& agent() noexcept override { return *agent_; }

    AgentStatus status() override;
    bool idle() override;
    void begin_stop() override;
    void stop() override;

private:
    using Items = std::vector<DeliveryItem>;

    [[nodiscard]] bool handles(const StoredEvent& event) const;
    void register_agent();
    void wake();
    void run();
    void reload();
    void run_steps(Items& items, StepBatch& batch);
    [[nodiscard]] bool stopping();
    void put_back(Items::iterator first, Items::iterator last);
    Items take_items();
    bool read_page();
    bool take_due(Items& items);
    void on_part_done(const std::shared_ptr<StepBatch>& batch, std::size_t index,
                      PartResult&& result);
    void finish_batch(StepBatch& batch);
    void remember(StepBatch& batch);
    void schedule_wake(std::unique_lock<std::mutex>& lock);
    void save_checkpoint(std::unique_lock<std::mutex>& lock);

    std::unique_ptr<Agent> agent_;
    EventStore& store_;
    Writer& writer_;
    std::shared_ptr<RunnerHub> hub_;
    OnAftermath on_aftermath_;
    StepRunner steps_;
    std::vector<bool> handled_types_; ///< by type index

    std::mutex mutex_;
    std::condition_variable stopped_;
    std::deque<Writer::Event> mailbox_;
    std::map<Position, DeliveryRecord> deferred_;
    Position through_ = 0;    ///< all up to here is settled, in the mailbox or under way
    Position checkpoint_ = 0; ///< as committed
    Position log_end_ = 0;    ///< the newest position heard of
    bool live_ = false;       ///< the next commit follows through_
    bool running_ = true;     ///< until start() has read where the agent stands
    bool stopping_ = false;
    bool started_ = false; ///< on_start has run, and on_stop is due
    bool must_reload_ = false;
    bool reading_ = false; ///< reload() is looking into the store
    std::vector<DeliveryRecord> redriven_meanwhile_;
    std::optional<Runtime::TimerId> timer_;
    Timestamp timer_due_{};
    std::uint64_t finished_ = 0;
    std::uint64_t failures_ = 0;
    std::size_t dead_ = 0;
    std::string trouble_;
};

} // namespace bus
