#pragma once

#include <bus/store/event_store.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Events and what agents made of them, as text.
namespace bus::cli {

/// `Order/4711`.
std::string stream_of(const EventRecord& record);

/// The wire format of what an event holds, with U+FFFD for what JSON cannot hold.
std::string readable_json(const EventRecord& record);

/// `{"position":..,"stream_version":..,"event":{the wire format}}`, without the last brace where
/// `open`.
std::string json_of(const StoredEvent& event, bool open = false);

/// A delivery that did not finish, with all its attempts.
boost::json::object json_of(const DeliveryRecord& delivery);
boost::json::object json_of(const RequestRecord& request);

/// `redrive`, `discard`, `replay`, `replay with effects`, `forget` or `prune`.
const char* name_of(DeliveryAction action);

/// Whether it is about single deliveries, and not about an agent or the log.
bool concerns_deliveries(DeliveryAction action);

/// What a request is about: `redrive of biller at 12`, `prune up to 400`.
std::string title_of(const RequestRecord& request);

/// How it stands with a delivery: `dead after 3 attempts`, `deferred until ..., 1 attempt`,
/// `parked in sequence name-0`.
std::string describe(const DeliveryRecord& delivery);

/// What the agents have left at an event, by agent.
std::vector<DeliveryRecord> deliveries_at(EventStore& store, const std::vector<AgentRecord>& agents,
                                          Position position);

/// The event that a position or an id names. Throws NotFound, UsageError where it is neither.
StoredEvent find_event(EventStore& store, const std::string& name);

/// The position that a text is; 0: it is none.
Position position_of(std::string_view text) noexcept;

/// Throws NotFound, with the likely name, where the store knows no such agent.
void require_agent(EventStore& store, const std::string& name);

} // namespace bus::cli
