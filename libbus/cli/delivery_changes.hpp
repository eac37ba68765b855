#pragma once

#include <cli/dead_letters.hpp>
#include <cli/operator_commands.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// What `dead-letters` and `deliveries` have in common: they change the deliveries that a filter
/// selects.
namespace bus::cli {

struct ChangeOptions {
    LetterFilter filter;
    OperatorOptions by;
    DeliveryAction action = DeliveryAction::redrive;
    bool all = false;
    std::uint64_t limit = 0; ///< 0: all
    std::string command;     ///< `dead-letters`, for messages
};

/// Adds a command below `parent` that does `action` to deliveries in one of `states`. `description`
/// is its help text.
void add_change(CLI::App& parent, Shared& shared, DeliveryAction action,
                const std::vector<DeliveryState>& states, const char* description);

} // namespace bus::cli
