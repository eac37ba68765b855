#pragma once

#include <bus/agent/runner.hpp>
#include <bus/agent/step.hpp>
#include <bus/dispatch/event_taker.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace bus {

/// Drives one agent of a bus without a store: events come from publish through a bounded mailbox,
/// and what waits for its next attempt waits in memory.
class MailboxRunner final : public Runner,
                            public EventTaker,
                            public std::enable_shared_from_this<MailboxRunner> {
public:
    /// Publishes what a step emitted, in order.
    using PublishEmitted =
        std::function<void(const std::vector<std::shared_ptr<const DomainEvent>>&)>;

    MailboxRunner(std::unique_ptr<Agent> agent, std::shared_ptr<RunnerHub> hub,
                  PublishEmitted publish_emitted);

    /// Puts an event into the mailbox. `may_block`: the caller is a thread of the host, which
    /// waits where the mailbox is full and its policy says so.
    void offer(const DomainEvent& event, bool may_block) override;

    bool takes(const EventType& type) const override {
        return agent_->handler_for(type) != nullptr;
    }

    Agent& agent() noexcept override { return *agent_; }

    AgentStatus status() override;
    bool idle() override;
    void begin_stop() override;
    void stop() override;

private:
    struct Delivery {
        std::shared_ptr<const DomainEvent> event;
        DeliveryRecord record;
    };
    class Source;

    [[nodiscard]] bool make_room(std::unique_lock<std::mutex>& lock, bool may_block);
    void wake();
    void run();
    void handle(Delivery& delivery);
    void settle_failure(Delivery& delivery, const StepInput& input, const Failure& failure,
                        Source& source);
    void defer(Delivery delivery);

    std::unique_ptr<Agent> agent_;
    std::shared_ptr<RunnerHub> hub_;
    PublishEmitted publish_emitted_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Delivery> mailbox_;
    std::size_t deferred_ = 0;
    std::size_t not_ready_ = 0;
    bool running_ = false;
    bool stopping_ = false;
    std::uint64_t finished_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t dropped_ = 0;
    std::size_t dead_ = 0;
    std::map<std::string, std::string, std::less<>> states_;
};

} // namespace bus
