#pragma once

#include <bus/dispatch/handler_check.hpp>
#include <bus/event/domain_event.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bus::agents {

/// Makes the text of a message from the event that the message is about. It may throw.
using MessageText = std::function<std::string(const DomainEvent&)>;

/// A mustache template over the JSON of the event: its nine members, of which `data` holds the
/// members of the struct. An example: `Order {{data.order_id}} was saved at {{occurred_at}}`.
/// Nothing is escaped, because a message is not HTML. Numbers and `true` are printed as in JSON.
/// `false`, `null` and missing members print nothing, and count as false in sections
/// (`{{#data.invoice_id}}...{{/data.invoice_id}}`). Throws std::invalid_argument if the template
/// cannot be parsed, or if it names a member of `data` that the type does not have.
MessageText text_template(std::string_view text, const EventType& type);

/// Which events result in a message, with which text, over which channel.
struct Rule {
    const EventType* type = nullptr; ///< matches events of this type and of types derived from it
    std::string notification_type{}; ///< the kind of message, such as `saved`; not empty
    std::string channel{};           ///< the name of the channel
    MessageText text{};              ///< makes the text; not empty
    std::function<bool(const DomainEvent&)> when{}; ///< a condition; empty: always
};

/// A rule for events of type E. `text` is a template, or a callable from (const E&) to
/// std::string. Throws as text_template does.
template <class E, class Text>
Rule rule(std::string notification_type, std::string channel, Text text) {
    Rule result;
    if constexpr (detail::check_event<E>()) {
        result.type = &event_type<E>();
        result.notification_type = std::move(notification_type);
        result.channel = std::move(channel);
        if constexpr (std::convertible_to<Text, std::string_view>) {
            result.text = text_template(text, event_type<E>());
        } else if constexpr (std::is_invocable_r_v<std::string, Text&, const E&>) {
            result.text = [text =
                               std::move(text)](const DomainEvent& event) mutable -> std::string {
                return text(static_cast<const E&>(event));
            };
        } else {
            static_assert(detail::never<Text>, "libbus: the text of a rule is a template, or takes "
                                               "(const E&) and returns std::string");
        }
    }
    return result;
}

/// The same, with a condition: `when` is a callable from (const E&) to bool.
template <class E, class Text, class When>
Rule rule(std::string notification_type, std::string channel, Text text, When when) {
    Rule result = rule<E>(std::move(notification_type), std::move(channel), std::move(text));
    if constexpr (detail::check_filter<E, When>()) {
        result.when = [when = std::move(when)](const DomainEvent& event) mutable -> bool {
            return when(static_cast<const E&>(event));
        };
    }
    return result;
}

} // namespace bus::agents
