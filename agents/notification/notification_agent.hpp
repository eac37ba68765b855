#pragma once

#include <agents/notification/channel.hpp>
#include <agents/notification/events.hpp>
#include <agents/notification/rule.hpp>
#include <bus/agent/agent.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bus::agents {

/// The event by which the agent reports whether a message was sent.
struct SentBinding {
    /// Publishes the report; `success` is false if the message was given up.
    using Publish = std::function<void(Context&, const Message&, bool success)>;

    const EventType* type; ///< the type of the published event
    Publish publish;       ///< not empty

    /// A binding to events of type E. `make` is a callable from (const Message&, bool success) to
    /// E. If it leaves the aggregate id of the event empty, the event gets that of the message.
    template <EventStruct E, std::invocable<const Message&, bool> F>
    static SentBinding of(F make) {
        return {&event_type<E>(),
                [make = std::move(make)](Context& context, const Message& message, bool success) {
                    E event = make(message, success);
                    if (event.aggregate_id().empty()) {
                        event.own_aggregate_id = message.aggregate_id;
                    }
                    context.publish(std::move(event));
                }};
    }
};

/// What a notification agent is made of.
struct NotificationOptions {
    std::vector<std::unique_ptr<Channel>> channels{}; ///< none is null; their names are unique
    std::vector<Rule> rules{};                        ///< in order of precedence
    std::optional<SentBinding> sent{};                ///< none: the outcome is not reported
};

/// Turns events into messages by rules and sends them over channels. It reports the outcome with
/// an event: success = true when a message was sent, success = false when it was given up. The
/// delivery makes the attempts in between, as settings().retry says.
///
/// If several rules with the same notification type and channel match an event, only the first of
/// them is used. If this leaves one message, it is sent in the step of the event itself. If it
/// leaves several, the step emits a NotificationRequestedEvent for each, and each message is sent
/// in a step of its own. So a failed message does not cause the others to be sent again.
///
/// A message is sent twice only if the program dies, or its store fails, between sending and
/// commit. Both times it has the same idempotency key. During a replay nothing is sent.
class NotificationAgent final : public Agent {
public:
    /// Throws std::invalid_argument if a channel is null, if two channels have the same name, or if
    /// a rule is incomplete, names an unknown channel or matches events that the agent itself
    /// emits. The message names the channel or the rule.
    NotificationAgent(std::string name, NotificationOptions options);

    /// Reports the messages of `event` as not sent.
    void on_given_up(const DomainEvent& event, const Failure& failure, Context& context) override;

private:
    void check_rule(const Rule& rule) const;
    void declare_handlers();
    [[nodiscard]] Channel* find_channel(std::string_view name) const noexcept;
    [[nodiscard]] std::vector<const Rule*> matching(const DomainEvent& event) const;
    void react(const DomainEvent& event, Context& context) const;
    void send(const Message& message, Context& context) const;
    void tell(const Message& message, bool success, Context& context) const;

    NotificationOptions options_;
};

} // namespace bus::agents
