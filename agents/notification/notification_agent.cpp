#include <agents/notification/notification_agent.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus::agents {

namespace {

bool same_message(const Rule& a, const Rule& b) {
    return a.notification_type == b.notification_type && a.channel == b.channel;
}

/// The message without its text: making the text may throw.
Message message_of(const Rule& rule, const DomainEvent& event, const Context& context) {
    return {.time = context.now(),
            .notification_type = rule.notification_type,
            .channel = rule.channel,
            .text = {},
            .idempotency_key = context.idempotency_key(rule.notification_type + '/' + rule.channel),
            .event_id = event.event_id,
            .event_type = std::string{event.event_type()},
            .execution_id = event.execution_id,
            .aggregate_type = std::string{event.aggregate_type()},
            .aggregate_id = std::string{event.aggregate_id()}};
}

Message message_of(const NotificationRequestedEvent& request, const Context& context) {
    return {.time = context.now(),
            .notification_type = request.notification_type,
            .channel = request.channel,
            .text = request.text,
            .idempotency_key = request.idempotency_key,
            .event_id = request.about_event_id,
            .event_type = request.about_event_type,
            .execution_id = request.execution_id,
            .aggregate_type = request.about_aggregate_type,
            .aggregate_id = std::string{request.aggregate_id()}};
}

NotificationRequestedEvent request_of(Message message) {
    NotificationRequestedEvent request;
    request.own_aggregate_id = message.aggregate_id;
    request.notification_type = std::move(message.notification_type);
    request.channel = std::move(message.channel);
    request.text = std::move(message.text);
    request.idempotency_key = std::move(message.idempotency_key);
    request.about_event_id = message.event_id;
    request.about_event_type = std::move(message.event_type);
    request.about_aggregate_type = std::move(message.aggregate_type);
    return request;
}

} // namespace

NotificationAgent::NotificationAgent(std::string name, NotificationOptions options)
    : Agent{std::move(name)}, options_{std::move(options)} {
    // A message that cannot be sent must not hold up the messages after it.
    settings().sequence = Sequence::none();
    for (const std::unique_ptr<Channel>& channel : options_.channels) {
        if (channel == nullptr || find_channel(channel->name()) != channel.get()) {
            throw std::invalid_argument{
                "agent " + this->name() +
                (channel == nullptr ? ": a channel is null"
                                    : ": two channels have the name '" + channel->name() + "'")};
        }
    }
    for (const Rule& rule : options_.rules) {
        check_rule(rule);
    }
    declare_handlers();
}

void NotificationAgent::check_rule(const Rule& rule) const {
    const auto require = [&](bool holds, const std::string& what) {
        if (!holds) {
            throw std::invalid_argument{"agent " + name() + ", rule '" + rule.notification_type +
                                        "': " + what};
        }
    };
    require(!rule.notification_type.empty(), "it has no notification type");
    require(rule.type != nullptr && rule.text != nullptr, "it needs an event type and a text");
    std::string names;
    for (const std::unique_ptr<Channel>& channel : options_.channels) {
        names += (names.empty() ? "" : ", ") + channel->name();
    }
    require(find_channel(rule.channel) != nullptr,
            "there is no channel '" + rule.channel +
                "'; there is: " + (names.empty() ? "none" : names));
    const auto answers = [&rule](const EventType& emitted) { return emitted.is_a(*rule.type); };
    require(!answers(event_type<NotificationRequestedEvent>()) &&
                (!options_.sent || !answers(*options_.sent->type)),
            "events of type " + std::string{rule.type->name()} +
                " include events that the agent itself emits, so it would answer itself forever");
}

void NotificationAgent::declare_handlers() {
    const EventType* sent = options_.sent ? options_.sent->type : nullptr;
    const auto may_tell = [sent](Declaration declaration) {
        if (sent != nullptr) {
            declaration.emits(*sent);
        }
        return declaration;
    };
    std::vector<const EventType*> declared;
    for (const Rule& rule : options_.rules) {
        if (std::find(declared.begin(), declared.end(), rule.type) != declared.end()) {
            continue;
        }
        declared.push_back(rule.type);
        may_tell(on(*rule.type, [this](const DomainEvent& event, Context& context) {
            react(event, context);
        })).emits<NotificationRequestedEvent>();
    }
    may_tell(on<NotificationRequestedEvent>(
        [this](const NotificationRequestedEvent& request, Context& context) {
            send(message_of(request, context), context);
        }));
    if (sent != nullptr) {
        emits_on_giving_up(*sent);
    }
}

Channel* NotificationAgent::find_channel(std::string_view name) const noexcept {
    for (const std::unique_ptr<Channel>& channel : options_.channels) {
        if (channel != nullptr && channel->name() == name) {
            return channel.get();
        }
    }
    return nullptr;
}

std::vector<const Rule*> NotificationAgent::matching(const DomainEvent& event) const {
    std::vector<const Rule*> found;
    for (const Rule& rule : options_.rules) {
        const bool spoken = std::any_of(found.begin(), found.end(), [&](const Rule* other) {
            return same_message(*other, rule);
        });
        if (!spoken && event.type().is_a(*rule.type) && (!rule.when || rule.when(event))) {
            found.push_back(&rule);
        }
    }
    return found;
}

void NotificationAgent::react(const DomainEvent& event, Context& context) const {
    const std::vector<const Rule*> rules = matching(event);
    for (const Rule* rule : rules) {
        Message message = message_of(*rule, event, context);
        message.text = rule->text(event);
        if (rules.size() == 1) {
            send(message, context);
        } else {
            context.publish(request_of(std::move(message)));
        }
    }
}

void NotificationAgent::send(const Message& message, Context& context) const {
    if (context.replaying()) {
        return; // it was sent the first time
    }
    Channel* channel = find_channel(message.channel);
    if (channel == nullptr) {
        // An earlier version of the program had this channel. A redrive works once it is back.
        throw Failure::rejected("agent " + name() + " has no channel '" + message.channel +
                                "' for notification '" + message.notification_type +
                                "'; add a channel of this name, and redrive the event");
    }
    channel->send(message);
    tell(message, true, context);
}

void NotificationAgent::tell(const Message& message, bool success, Context& context) const {
    if (options_.sent) {
        options_.sent->publish(context, message, success);
    }
}

void NotificationAgent::on_given_up(const DomainEvent& event, const Failure& /*failure*/,
                                    Context& context) {
    if (const auto* request = event_cast<NotificationRequestedEvent>(event)) {
        tell(message_of(*request, context), false, context);
        return;
    }
    for (const Rule* rule : matching(event)) {
        Message message = message_of(*rule, event, context);
        try {
            message.text = rule->text(event);
        } catch (const std::exception&) {
            // The text may be the reason for giving up. The report is correct without it.
            message.text.clear();
        }
        tell(message, false, context);
    }
}

} // namespace bus::agents
