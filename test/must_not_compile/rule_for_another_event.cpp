// expect: libbus: this filter cannot be called with the event
#include <agents/notification/rule.hpp>

#include "events.hpp"

const auto misused = bus::agents::rule<shop::OrderPlacedEvent>(
    "placed", "mail", "An order is placed",
    [](const shop::OrderPaidEvent& /*event*/) { return true; });
