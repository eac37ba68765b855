// expect: libbus: this type is not an event
#include <agents/notification/rule.hpp>

#include "events.hpp"

const auto misused = bus::agents::rule<std::string>("placed", "mail", "An order is placed");
