#pragma once

#include <bus/event/domain_event.hpp>

#include <cstdint>
#include <string>

/// Small events for tests of the bus. The aggregate is the name.
namespace test {

struct PingEvent : bus::Event<PingEvent> {
    std::string name;
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PingEvent, (name, number), bus::aggregate_id<&PingEvent::name>)

struct PongEvent : bus::Event<PongEvent> {
    std::string name;
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(PongEvent, (name, number), bus::aggregate_id<&PongEvent::name>)

/// What an agent emits on giving up.
struct GivenUpEvent : bus::Event<GivenUpEvent> {
    std::string name;
    std::string why;
};
BUS_DESCRIBE_EVENT(GivenUpEvent, (name, why), bus::aggregate_id<&GivenUpEvent::name>)

/// Refines another event.
struct LoudPingEvent : bus::Event<LoudPingEvent, PingEvent> {
    std::int64_t volume = 0;
};
BUS_DESCRIBE_EVENT(LoudPingEvent, (volume), bus::aggregate_id<&LoudPingEvent::name>)

struct BufferedEvent : bus::Event<BufferedEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(BufferedEvent, (number), bus::durability(bus::Durability::buffered))

struct TransientEvent : bus::Event<TransientEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(TransientEvent, (number), bus::durability(bus::Durability::transient))

inline PingEvent ping(std::string name, std::int64_t number = 0) {
    PingEvent event;
    event.name = std::move(name);
    event.number = number;
    return event;
}

inline PongEvent pong(std::string name, std::int64_t number = 0) {
    PongEvent event;
    event.name = std::move(name);
    event.number = number;
    return event;
}

inline GivenUpEvent given_up(std::string name, std::string why) {
    GivenUpEvent event;
    event.name = std::move(name);
    event.why = std::move(why);
    return event;
}

} // namespace test
