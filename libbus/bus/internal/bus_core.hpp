#pragma once

#include <bus/agent/mailbox_runner.hpp>
#include <bus/agent/timers.hpp>
#include <bus/bus.hpp>
#include <bus/delivery/delivery.hpp>
#include <bus/dispatch/internal/dispatch.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/internal/host_calls.hpp>
#include <bus/runtime/home_process.hpp>
#include <bus/runtime/strand.hpp>
#include <bus/store/internal/seated_bus.hpp>

#include <atomic>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// The implementation of Bus.
class Bus::Core {
public:
    explicit Core(BusOptions options);

    PublishReport publish(const DomainEvent& event) {
        PublishReport report;
        if (hub->carefree()) [[likely]] {
            detail::dispatch<detail::MembarrierFence>(dispatcher.topics(), event, true,
                                                      report.handlers);
        } else {
            report = publish_with_care(event, {});
        }
        return report;
    }

    Subscription subscribe(const detail::SlotRef& slot);
    PublishReport publish_with_care(const DomainEvent& event, const PublishOptions& options);
    Ticket post(std::shared_ptr<const DomainEvent> event, const PublishOptions& options);
    PublishReport publish(const EventRecord& record, const PublishOptions& options);
    Agent& add(std::unique_ptr<Agent> agent);
    AgentStatus remove(std::string_view agent);
    TimerHandle schedule(Duration delay, std::shared_ptr<const DomainEvent> event);
    bool cancel(TimerHandle timer);
    bool retry_now(std::string_view agent, Position position);
    std::uint64_t request(RequestRecord request);
    std::uint64_t prune(Position through);
    bool forget(std::string_view agent);
    bool idle();
    bool wait_idle(std::optional<Duration> timeout);
    bool wait_for(std::string_view agent, Position through, Duration timeout);
    StopReport stop(Stop how, Duration deadline);
    std::vector<std::shared_ptr<Runner>> runners();
    std::optional<std::string> state_text(std::string_view agent, std::string_view key);
    StatePage state_page(std::string_view agent, std::string_view prefix,
                         const std::optional<std::string>& after);

    /// Returns a sentence if the bus must not be destroyed at this place and time, otherwise
    /// nullptr.
    [[nodiscard]] const char* why_not_to_be_destroyed() const noexcept;
    /// Stops the bus, and ends the agents.
    void end() noexcept;
    /// Like end(), but for the time when exit() destroys the static objects of the program; also
    /// releases the store and the runtime. Waits for the calls that other threads have under way.
    /// Afterwards all calls are refused, except publishes to a bus that only had handlers: these
    /// find no handlers any more.
    void end_with_program() noexcept;

    const detail::HomeProcess home;
    std::shared_ptr<Runtime> runtime;
    std::shared_ptr<EventStore> store;
    std::shared_ptr<RunnerHub> hub;
    Dispatcher dispatcher;
    internal::HostCalls calls; ///< closed at the end of the program

private:
    using Offer = Dispatcher::Offer;

    enum class Phase : std::uint8_t {
        open,
        draining, ///< only what follows from events that are being handled
        stopped,
    };

    [[nodiscard]] bool kept(const DomainEvent& event) const {
        return delivery_ && event.type().durability() != Durability::transient;
    }

    [[nodiscard]] bool on_worker() const noexcept { return WorkerScope::active_for(hub.get()); }

    [[nodiscard]] bool calls_have_ended() noexcept;
    [[nodiscard]] bool lost();
    Delivery& delivery_for(std::string_view what);
    void take_new_name(const std::string& agent);
    void check_gone(const std::string& agent);
    void take_name_of_gone(const std::string& agent, const std::string& what);
    void take_over(const Agent& agent);
    void give_name_back(const std::string& agent);
    void check_open() const;
    void check_version(const DomainEvent& event, const PublishOptions& options) const;
    bool at_rest(const std::vector<std::shared_ptr<Runner>>& all);
    Agent& add_mailbox(std::unique_ptr<Agent> agent);
    [[nodiscard]] std::shared_ptr<MailboxRunner> find_mailbox(std::string_view agent);
    AgentStatus remove_mailbox(std::string_view agent);
    void check_new_agent(const Agent& agent);
    DispatchReport dispatch(const DomainEvent& event, Offer offer);
    void publish_emitted(const std::vector<std::shared_ptr<const DomainEvent>>& events);
    PublishReport store_event(NewEvent event, Durability durability);
    StopReport report_of_stop(bool drained);

    std::atomic<Phase> phase_{Phase::open};
    std::atomic<bool> cut_short_{false}; ///< a stop(now) came while the bus was draining
    const bool stored_;                  ///< has a store
    std::shared_mutex mutex_;
    std::set<std::string> names_;      ///< of the agents, including those that are being added
    std::set<std::string> forgetting_; ///< not in names_
    std::vector<std::shared_ptr<MailboxRunner>> mailboxes_;
    std::shared_ptr<void> steps_watch_; ///< notices when slow steps delay others
    internal::SeatedBus seat_;
    std::unique_ptr<Delivery> delivery_;
    std::shared_ptr<Timers> timers_; ///< without a store
    std::atomic<std::size_t> posts_waiting_{0};
    std::shared_ptr<Strand> posted_; ///< without a store: runs the plain handlers of posted events
};

} // namespace bus
