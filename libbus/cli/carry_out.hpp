#pragma once

#include <cli/operator_commands.hpp>

#include <string>
#include <vector>

/// The counterpart of operator_commands: carries out requests if no host runs the store.
namespace bus::cli {

/// Prints the state of a request, which `how` describes.
void say(Shared& shared, const RequestRecord& request, const std::string& how);
/// Prints the result of a request, followed by `by`: who carried it out, or why this process did.
void say_done(Shared& shared, const RequestRecord& request, const std::string& by);

/// Carries out all requests in this process, which is the store's writer, and keeps a record of
/// each. Throws StoreError, PruneRefused, Interrupted.
void carry_out_here(Shared& shared, EventStore& store, std::vector<Order>& orders);

} // namespace bus::cli
