#pragma once

#include <bus/event/timestamp.hpp>
#include <bus/store/event_store.hpp>

#include <string>
#include <vector>

namespace simulation {

/// What is known beside the store.
struct RequestContext {
    bool clock_was_set = false; ///< so that times say nothing
    bus::Duration retention{};  ///< of the host
    bus::EventStore& log;       ///< all events that ever were in the store
};

/// Agents that the log was pruned under: of which a delivery has no event any more, or whose
/// checkpoint is before what is kept; a sentence each.
std::vector<std::string> pruned_too_early(bus::EventStore& store);

/// Holds the requests in a store, once nothing is to be done any more, against those that were
/// `asked` for (number 0: it may have failed): each is there and answered unless it was to be
/// pruned; what was pruned is what an operator or the retention asked for, and all of it. A
/// sentence for each trouble.
std::vector<std::string> check_requests(bus::EventStore& store,
                                        const std::vector<bus::RequestRecord>& asked,
                                        const RequestContext& context);

} // namespace simulation
