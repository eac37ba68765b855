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

/// Makes the text of a message from the event that it is about.
using MessageText = std::function<std::string(const DomainEvent&)>;

/// A mustache template over the event's JSON, the nine members and `data` with those of the struct:
/// `Order {{data.order_id}} was saved at {{occurred_at}}`. Nothing is escaped, for a message is no
/// HTML. Numbers and `true` are printed as JSON has them; `false`, `null` and what is not there
/// print nothing, and are false as sections (`{{#data.invoice_id}}...{{/data.invoice_id}}`). Throws
/// std::invalid_argument for a template that cannot be read, or that names a member of `data` which
/// the type does not have.
MessageText text_template(std::string_view text, const EventType& type);

/// When to tell what over which channel.
struct Rule {
    const EventType* type = nullptr; ///< events of this type, and of those that derive from it
    std::string notification_type{};
    std::string channel{};
    MessageText text{};
    std::function<bool(const DomainEvent&)> when{}; ///< none: always
};

/// A rule for events of type E. `text` is a template, or a callable from (const E&) to std::string;
/// `when` a callable from (const E&) to bool. Throws as text_template does.
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
