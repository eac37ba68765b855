#pragma once

#include <agents/control/workflow.hpp>

#include <string>
#include <utility>

/// A small workflow with its events: a parcel is packed, sent and delivered.
namespace shop {

inline const bus::Timestamp midnight = bus::parse_timestamp("2026-01-01T00:00:00Z");

struct ParcelPackedEvent : bus::Event<ParcelPackedEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelPackedEvent, (parcel), bus::aggregate_id<&ParcelPackedEvent::parcel>)

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (parcel), bus::aggregate_id<&ParcelSentEvent::parcel>)

struct ParcelDeliveredEvent : bus::Event<ParcelDeliveredEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelDeliveredEvent, (parcel), bus::aggregate_id<&ParcelDeliveredEvent::parcel>)

struct ParcelLostEvent : bus::Event<ParcelLostEvent> {
    std::string parcel;
    std::string step;
    std::string why;
};
BUS_DESCRIBE_EVENT(ParcelLostEvent, (parcel, step, why),
                   bus::aggregate_id<&ParcelLostEvent::parcel>)

struct ParcelSoughtEvent : bus::Event<ParcelSoughtEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelSoughtEvent, (parcel), bus::aggregate_id<&ParcelSoughtEvent::parcel>)

struct ParcelWeighedEvent : bus::Event<ParcelWeighedEvent> {
    std::string parcel;
};
BUS_DESCRIBE_EVENT(ParcelWeighedEvent, (parcel), bus::aggregate_id<&ParcelWeighedEvent::parcel>)

inline bus::agents::Workflow workflow() {
    bus::agents::Workflow workflow{"parcel"};
    workflow.step<ParcelPackedEvent>("pack")
        .step<ParcelSentEvent>("send", std::chrono::hours{2})
        .step<ParcelDeliveredEvent>("deliver", std::chrono::hours{48})
        .completes<ParcelDeliveredEvent>()
        .fails<ParcelLostEvent>([](const ParcelLostEvent& event) {
            return bus::agents::StepFailure{event.step, event.why};
        })
        .resumes<ParcelSoughtEvent>();
    return workflow;
}

/// An event of execution `execution`, `minutes` after midnight.
template <class E, class... Members>
E at(int minutes, std::string execution, Members&&... members) {
    E event{{}, std::forward<Members>(members)...};
    event.execution_id = std::move(execution);
    event.occurred_at =
        bus::parse_timestamp("2026-01-01T00:00:00Z") + std::chrono::minutes{minutes};
    return event;
}

} // namespace shop
