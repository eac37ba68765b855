#pragma once

#include <agents/retry/events.hpp>
#include <agents/retry/retry_options.hpp>
#include <bus/agent/agent.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bus::agents {

/// A delivery that may have been given up.
struct FailedDelivery {
    std::string agent{}; ///< whose step failed
    Uuid event_id{};     ///< the event that it was handling
};

/// Says of one event type how its events tell that a delivery was given up.
struct FailureBinding {
    using Read = std::function<std::optional<FailedDelivery>(const DomainEvent&)>;

    const EventType* type;
    Read read; ///< none: this event is about no delivery

    /// For events of type E; `read` is a callable from (const E&) to
    /// std::optional<FailedDelivery>. Where the event comes from the agent's on_given_up, its
    /// causation_id is the event that was given up on:
    ///
    ///     FailureBinding::of<OrderFailedEvent>([](const OrderFailedEvent& event) {
    ///         return FailedDelivery{event.step_failed, event.causation_id};
    ///     })
    template <AnyEventStruct E, std::invocable<const E&> F>
    static FailureBinding of(F read) {
        return {
            &event_type<E>(),
            [read = std::move(read)](const DomainEvent& event) -> std::optional<FailedDelivery> {
                return read(static_cast<const E&>(event));
            }};
    }
};

/// The second level of trying again, after the few quick attempts of the delivery: on a failure
/// event it waits for a backoff, which survives a restart, and redrives the dead letter, a bounded
/// number of times; then it leaves the letter and says so with a RedriveAbandonedEvent. A failure
/// event without a dead letter is a business outcome, and nothing is done. A letter whose last
/// failure was `rejected` or `poison` is left at once, since the same would happen again.
///
/// Round r is the letter's number of redrives, whoever made them, plus one. It is due at
///
///     max(time of the failure event, time of the letter's last attempt) + RetryOptions::backoff(r)
///
/// It keeps one state for each letter that it has left, and none for what it has redriven.
///
/// Needs a store; without one there are no dead letters, and it does nothing.
class RetryAgent final : public Agent {
public:
    /// Throws std::invalid_argument where options or bindings are wrong.
    RetryAgent(std::string name, std::vector<FailureBinding> bindings, RetryOptions options = {});

    [[nodiscard]] const RetryOptions& options() const noexcept { return options_; }

private:
    void react(const FailureBinding& binding, const DomainEvent& event, Context& context) const;
    void forget(const RedriveRequestedEvent& event, Context& context) const;
    void answer(const DeliveryRecord& letter, const FailedDelivery& failed,
                const DomainEvent& event, Context& context) const;

    std::vector<FailureBinding> bindings_;
    RetryOptions options_;
};

} // namespace bus::agents
