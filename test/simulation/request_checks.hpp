#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/store/event_store.hpp>

#include <string>
#include <vector>

namespace simulation {

/// Facts that the store does not hold.
struct RequestContext {
    bool clock_was_set = false; ///< times mean nothing then
    bus::Duration retention{};  ///< of the host
    bus::EventStore& log;       ///< all events that were ever in the store
};

/// A sentence for each agent for which the log was pruned too far: a delivery has lost its event,
/// or the checkpoint is before the first event that is kept.
std::vector<std::string> pruned_too_early(bus::EventStore& store);

/// Compares the requests in a store, when nothing is left to do, with those that were `asked` for
/// (number 0: it may have failed). Each must be there and answered, unless it was to be pruned.
/// Everything that an operator or the retention asked to prune must be pruned, and nothing else.
/// Returns a sentence for each deviation.
std::vector<std::string> check_requests(bus::EventStore& store,
                                        const std::vector<bus::RequestRecord>& asked,
                                        const RequestContext& context);

} // namespace simulation
