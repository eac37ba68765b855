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

/// A delivery that a failure event is about; its agent may have given it up.
struct FailedDelivery {
    std::string agent{}; ///< the agent whose step failed
    Uuid event_id{};     ///< the event that the step handled
};

/// Tells the retry agent which delivery the failure events of one type are about.
struct FailureBinding {
    /// Returns the delivery that an event is about, or none if it is not about a delivery.
    using Read = std::function<std::optional<FailedDelivery>(const DomainEvent&)>;

    const EventType* type; ///< the type of the failure events
    Read read;             ///< must not be empty

    /// A binding for events of type E. `read` is a callable from (const E&) to
    /// std::optional<FailedDelivery>. If an agent emits the event in on_given_up(), the event's
    /// causation_id is the id of the event that was given up on:
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

/// The second level of retries, after the few quick attempts of the delivery. When a failure event
/// arrives, the agent waits for a backoff, which survives a restart, and then redrives the dead
/// letter. After a bounded number of redrives it leaves the letter as it is and emits a
/// RedriveAbandonedEvent. It does the same at once if the letter's last failure was `rejected` or
/// `poison`, because a redrive would fail in the same way. A failure event without a dead letter is
/// a business outcome and is ignored.
///
/// Round r is one more than the number of times that the letter was redriven, by anyone. It is due
/// at
///
///     max(time of the failure event, time of the letter's last attempt) + RetryOptions::backoff(r)
///
/// The agent keeps one state for each letter that it has abandoned. For a redriven letter it keeps
/// a state only until the redrive is committed.
///
/// Needs a store. Without a store there are no dead letters, and the agent does nothing.
class RetryAgent final : public Agent {
public:
    /// Throws std::invalid_argument if an option is out of its range, if there is no binding, or if
    /// a binding has no event type or no function.
    RetryAgent(std::string name, std::vector<FailureBinding> bindings, RetryOptions options = {});

    /// The options given at construction.
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
