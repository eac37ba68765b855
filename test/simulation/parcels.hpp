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

/// The packer's names in the older program and in the newer one.
inline constexpr const char* older_packer = "packing";
inline constexpr const char* newer_packer = "parcels";

/// Packs a parcel for each order, in order within a marketplace. It does what the pipeline does not
/// do: some orders are refused until they are redriven, and some of these then wait for two hours;
/// dead letters hold nothing up. Some orders wait for two hours at once, and some fail twice. The
/// state holds what was packed for each marketplace, and a timer reports that a parcel was
/// collected.
std::unique_ptr<bus::Agent> packer(bool newer_program);

/// The name that the packer has in a store.
std::string packer_name(bus::EventStore& store);

/// A sentence for each parked delivery of the packer with only dead or redriven ones before it.
std::vector<std::string> held_up_by_dead_letters(bus::EventStore& store);

/// Compares the results of the packer with the log (all events that were ever in the store), when
/// nothing is left to do. Returns a sentence for each deviation. `discards_asked`: the deliveries
/// that an operator asked to discard; some may have finished before.
std::vector<std::string> check_parcels(bus::EventStore& store, bus::EventStore& log,
                                       const std::set<bus::Position>& discards_asked,
                                       bool newer_program);

} // namespace simulation
