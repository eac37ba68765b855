#pragma once

#include <agents/control/workflow.hpp>
#include <bus/agent/agent.hpp>

#include <filesystem>
#include <memory>

/// The ready-made agents, bound to the order domain.
namespace demo {

/// The way of an order, from its line to OrderSyncedEvent.
bus::agents::Workflow order_workflow();

/// Follows each order through order_workflow().
std::unique_ptr<bus::Agent> control_agent();

/// Tells of orders that failed, in a log of NDJSON lines.
std::unique_ptr<bus::Agent> notification_agent(const std::filesystem::path& log);

/// Gives the dead letters of the steps to them again, with the demo's short delays.
std::unique_ptr<bus::Agent> retry_agent();

} // namespace demo
