#pragma once

#include <cli/dead_letters.hpp>
#include <cli/operator_commands.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// What `dead-letters` and `deliveries` have in common: to change the deliveries that a filter
/// means.
namespace bus::cli {

struct ChangeOptions {
    LetterFilter filter;
    OperatorOptions by;
    DeliveryAction action = DeliveryAction::redrive;
    bool all = false;
    std::uint64_t limit = 0; ///< 0: all
    std::string command;     ///< `dead-letters`, for messages
};

/// Adds a command that does `action`, which `description` says, to those of `options`. It is below
/// `parent`, whose name is that of the family.
void add_change(CLI::App& parent, Shared& shared, DeliveryAction action,
                const std::vector<DeliveryState>& states, const char* description);

} // namespace bus::cli
