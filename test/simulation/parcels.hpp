#pragma once

#include <bus/agent/agent.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace simulation {

/// The parcel of an order was packed.
struct ParcelPackedEvent : bus::Event<ParcelPackedEvent> {
    std::string order_id{};
    std::string marketplace{};
    std::int64_t order_position = 0; ///< of its OrderCreatedEvent
    std::uint32_t redrives = 0;      ///< by then
};
BUS_DESCRIBE_EVENT(ParcelPackedEvent, (order_id, marketplace, order_position, redrives),
                   bus::aggregate_id<&ParcelPackedEvent::order_id>)

/// It was collected, a while later.
struct ParcelCollectedEvent : bus::Event<ParcelCollectedEvent> {
    std::string order_id{};
};
BUS_DESCRIBE_EVENT(ParcelCollectedEvent, (order_id),
                   bus::aggregate_id<&ParcelCollectedEvent::order_id>)

/// The packer's name in the older program and in the newer one.
inline constexpr const char* older_packer = "packing";
inline constexpr const char* newer_packer = "parcels";

/// Packs a parcel for each order, in order within a marketplace; it does what the pipeline does
/// not. Some orders are refused until they are redriven, and of these some then wait for two hours;
/// dead letters hold nothing up. Some wait for two hours at once, some fail twice. It keeps what it
/// packed for each marketplace, and a timer tells that a parcel was collected.
std::unique_ptr<bus::Agent> packer(bool newer_program);

/// The name that the packer has in a store.
std::string packer_name(bus::EventStore& store);

/// What may only wait behind a delivery that was never given up, and does not; a sentence each.
std::vector<std::string> held_up_by_dead_letters(bus::EventStore& store);

/// Holds what the packer has left against the log (all events that ever were in the store), once
/// nothing is to be done any more: a sentence for each trouble. `discards_asked`: the deliveries
/// that an operator wanted to be done with; some may have finished before.
std::vector<std::string> check_parcels(bus::EventStore& store, bus::EventStore& log,
                                       const std::set<bus::Position>& discards_asked,
                                       bool newer_program);

} // namespace simulation
