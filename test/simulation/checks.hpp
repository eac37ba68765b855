#pragma once

#include "test/crash/findings.hpp"
#include "test/simulation/world.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace simulation {

/// The results of an undisturbed run: the same orders, in memory, with no faults.
struct Expected {
    std::string report{};
    std::map<std::string, std::string> invoices{}; ///< by order; the text of the invoice
    crash::Census census;                          ///< of the events and waiting deliveries
};

/// Makes that run. `feed`: the orders.
Expected undisturbed(const std::filesystem::path& feed, const std::filesystem::path& folder);

/// Compares the state of a world with it. Returns a sentence for each deviation.
std::vector<std::string> check(World& world, const Expected& expected);

/// The whole content of the store and the books of a world, as text.
std::string everything(World& world);

} // namespace simulation
