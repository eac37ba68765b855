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

/// The event by which the agent tells what became of a message.
struct SentBinding {
    using Publish = std::function<void(Context&, const Message&, bool success)>;

    const EventType* type; ///< of what is published
    Publish publish;

    /// `make` is a callable from (const Message&, bool success) to E. The event's aggregate id is
    /// the message's unless `make` sets it.
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

struct NotificationOptions {
    std::vector<std::unique_ptr<Channel>> channels{};
    std::vector<Rule> rules{};
    std::optional<SentBinding> sent{}; ///< none: nobody is told
};

/// Turns events into messages by rules, sends them over channels, and tells the truth about it: an
/// event with success = true once a message is sent, with success = false once it is given up. The
/// attempts between are the delivery's, as settings().retry says.
///
/// Of the rules that match an event, those of equal notification type and channel are alternatives:
/// the first of them speaks. Where one message is left, it is sent in the step of the event itself.
/// Where there are several, the step emits a NotificationRequestedEvent for each, and each is sent
/// in a step of its own: one that fails does not send the others again. A message is sent twice
/// only where the program dies, or its store fails, between the sending and the commit; both times
/// it has the same idempotency key.
class NotificationAgent final : public Agent {
public:
    /// Throws std::invalid_argument, naming the rule, where two channels have one name, a rule
    /// names none of them, is incomplete, or would answer to what the agent itself emits.
    NotificationAgent(std::string name, NotificationOptions options);

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
