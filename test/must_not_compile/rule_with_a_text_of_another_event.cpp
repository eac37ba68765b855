// expect: libbus: the text of a rule is a template
#include <agents/notification/rule.hpp>

#include "events.hpp"

const auto misused = bus::agents::rule<shop::OrderPlacedEvent>(
    "placed", "mail", [](const shop::OrderPaidEvent& event) { return event.order_id; });
