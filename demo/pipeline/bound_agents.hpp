#pragma once

#include <agents/control/workflow.hpp>
#include <bus/agent/agent.hpp>

#include <filesystem>
#include <memory>

/// The ready-made agents, bound to the order domain.
namespace demo {

/// The name of the control agent, by which its view of the executions is found in a store.
inline constexpr const char* control_agent_name = "control";

/// The way of an order, from its line to OrderSyncedEvent.
bus::agents::Workflow order_workflow();

/// Follows each order through order_workflow().
std::unique_ptr<bus::Agent> control_agent();

/// Tells of orders that failed, in a log of NDJSON lines.
std::unique_ptr<bus::Agent> notification_agent(const std::filesystem::path& log);

/// Gives the dead letters of the steps to them again, with the demo's short delays.
std::unique_ptr<bus::Agent> retry_agent();

} // namespace demo
