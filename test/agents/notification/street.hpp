#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Events of a street, as a source of notifications.
namespace street {

struct House {
    std::string name;
    bool lit = false;
};
BOOST_DESCRIBE_STRUCT(House, (), (name, lit))

struct LampBrokenEvent : bus::Event<LampBrokenEvent> {
    std::string lamp;
    std::int64_t number = 0;
    double watts = 0;
    bool urgent = false;
    std::optional<std::string> note;
    std::vector<House> houses;
    std::map<std::string, std::string> labels;
};
BUS_DESCRIBE_EVENT(LampBrokenEvent, (lamp, number, watts, urgent, note, houses, labels),
                   bus::aggregate_id<&LampBrokenEvent::lamp>)

struct LampStolenEvent : bus::Event<LampStolenEvent, LampBrokenEvent> {
    std::string by;
};
BUS_DESCRIBE_EVENT(LampStolenEvent, (by), bus::aggregate_id<&LampStolenEvent::lamp>)

struct LampMendedEvent : bus::Event<LampMendedEvent> {
    std::string lamp;
};
BUS_DESCRIBE_EVENT(LampMendedEvent, (lamp), bus::aggregate_id<&LampMendedEvent::lamp>)

struct ToldEvent : bus::Event<ToldEvent> {
    std::string notification_type;
    std::string channel;
    bool success = false;
    std::string text;
};
BUS_DESCRIBE_EVENT(ToldEvent, (notification_type, channel, success, text))

} // namespace street
