#pragma once

#include <cli/operator_commands.hpp>

#include <string>
#include <vector>

/// The other side of operator_commands: what is done where no host runs the store.
namespace bus::cli {

/// Prints how it is with a request.
void say(Shared& shared, const RequestRecord& request, const std::string& how);
/// The same of one that was carried out: its result, and by whom or why here.
void say_done(Shared& shared, const RequestRecord& request, const std::string& by);

/// Does it all in this process, which is the store's writer, and leaves a trace of each. Throws
/// StoreError, PruneRefused, Interrupted.
void carry_out_here(Shared& shared, EventStore& store, std::vector<Order>& orders);

} // namespace bus::cli
