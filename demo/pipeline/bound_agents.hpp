#pragma once

#include <agents/control/workflow.hpp>
#include <bus/agent/agent.hpp>

#include <filesystem>
#include <memory>

/// The ready-made agents, configured for the order domain.
namespace demo {

/// The name of the control agent. ControlView needs it to find the executions in a store.
inline constexpr const char* control_agent_name = "control";

/// The steps of an order, from its line to OrderSyncedEvent.
bus::agents::Workflow order_workflow();

/// An agent that follows each order through order_workflow().
std::unique_ptr<bus::Agent> control_agent();

/// An agent that writes a notification of each failed order to a log of NDJSON lines.
std::unique_ptr<bus::Agent> notification_agent(const std::filesystem::path& log);

/// An agent that redrives the dead letters of the steps, with the demo's short delays.
std::unique_ptr<bus::Agent> retry_agent();

} // namespace demo
