#pragma once

#include <bus/store/event_store.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

/// Events, deliveries and requests as text.
namespace bus::cli {

/// The stream of an event, such as `Order/4711`.
std::string stream_of(const EventRecord& record);

/// The event in the wire format. What JSON cannot hold becomes U+FFFD.
std::string readable_json(const EventRecord& record);

/// `{"position":..,"stream_version":..,"event":{the wire format}}`. If `open`, the last brace is
/// left out.
std::string json_of(const StoredEvent& event, bool open = false);

/// An unfinished delivery with all its attempts.
boost::json::object json_of(const DeliveryRecord& delivery);
/// A request with its result, if it has one.
boost::json::object json_of(const RequestRecord& request);

/// `redrive`, `discard`, `replay`, `replay with effects`, `forget` or `prune`.
const char* name_of(DeliveryAction action);

/// Whether the action concerns single deliveries, not a whole agent or the log.
bool concerns_deliveries(DeliveryAction action);

/// What a request asks for, such as `redrive of biller at 12`, `prune up to 400`.
std::string title_of(const RequestRecord& request);

/// The state of a delivery, such as `dead after 3 attempts`, `deferred until ..., 1 attempt`,
/// `parked in sequence name-0`.
std::string describe(const DeliveryRecord& delivery);

/// The unfinished deliveries of an event, in the order of `agents`.
std::vector<DeliveryRecord> deliveries_at(EventStore& store, const std::vector<AgentRecord>& agents,
                                          Position position);

/// The event with this position or id. Throws NotFound, or UsageError if `name` is neither.
StoredEvent find_event(EventStore& store, const std::string& name);

/// The position that a text stands for; 0 if the text is not a position.
Position position_of(std::string_view text) noexcept;

/// Throws NotFound, with the most likely name, if the store knows no such agent.
void require_agent(EventStore& store, const std::string& name);

} // namespace bus::cli
