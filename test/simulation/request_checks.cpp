#include "test/simulation/request_checks.hpp"

#include "test/simulation/parcels.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace simulation {

namespace {

using bus::DeliveryAction;
using bus::RequestRecord;

constexpr const char* retention_rule = "retention";

/// Everything that was to be removed is removed.
bool all_removed(const RequestRecord& request) {
    return request.done_at && request.result.find(" removed") != std::string::npos &&
           request.result.find("then: ") == std::string::npos;
}

class RequestChecks {
public:
    RequestChecks(bus::EventStore& store, const std::vector<RequestRecord>& asked,
                  const RequestContext& context)
        : store_{store}, asked_{asked}, context_{context} {
        for (RequestRecord& request : store.requests(0, bus::EventStore::unlimited, false)) {
            kept_.emplace(request.number, std::move(request));
        }
    }

    std::vector<std::string> all() {
        check_asked();
        check_removed_requests();
        check_removed_events();
        check_renames();
        return std::move(found_);
    }

private:
    void complain(const RequestRecord& request, const std::string& what) {
        found_.push_back("request " + std::to_string(request.number) + " " + what);
    }

    void check_asked() {
        std::map<std::uint64_t, int> numbers;
        for (const RequestRecord& request : asked_) {
            if (request.number == 0) {
                continue;
            }
            if (++numbers[request.number] != 1) {
                complain(request, "has the number of another one");
            }
            const auto kept = kept_.find(request.number);
            if (kept == kept_.end()) {
                check_gone(request);
            } else if (kept->second.action != request.action ||
                       kept->second.agent != request.agent ||
                       kept->second.position != request.position) {
                complain(request, "is not what was asked");
            } else if (!kept->second.done_at) {
                complain(request, "was not answered");
            }
        }
    }

    /// Somebody must have asked for its removal.
    void check_gone(const RequestRecord& request) {
        const bool wanted =
            std::any_of(asked_.begin(), asked_.end(), [&](const RequestRecord& other) {
                return other.action == DeliveryAction::prune_requests &&
                       (context_.clock_was_set || request.at < *other.before);
            });
        const bool newest = kept_.empty() || kept_.rbegin()->first < request.number;
        if (!wanted) {
            complain(request, "is gone, and nobody wanted that");
        } else if (newest) {
            complain(request, "is gone, and was the newest");
        }
    }

    /// If the clock was never set, requests that were answered before the time are removed.
    void check_removed_requests() {
        for (const auto& [number, prune] : kept_) {
            if (context_.clock_was_set || prune.action != DeliveryAction::prune_requests ||
                !all_removed(prune)) {
                continue;
            }
            for (const auto& [older, request] : kept_) {
                if (older < number && request.done_at && *request.done_at < *prune.before) {
                    complain(request, "was to go with request " + std::to_string(number));
                }
            }
        }
    }

    void check_removed_events() {
        const bus::Position first = store_.first_position();
        bus::Position through = 0;
        for (const RequestRecord& request : asked_) {
            through = request.action == DeliveryAction::prune ? std::max(through, request.position)
                                                              : through;
        }
        for (const auto& [number, request] : kept_) {
            if (request.action != DeliveryAction::prune) {
                continue;
            }
            through = std::max(through, request.position);
            if (all_removed(request) && first <= request.position) {
                complain(request, "was to remove the events up to " +
                                      std::to_string(request.position) + ", and the first is " +
                                      std::to_string(first));
            }
            check_age(request);
        }
        const bool all_kept = kept_.empty() || kept_.begin()->first == 1;
        if (first > through + 1 && (all_kept || context_.retention == bus::Duration::zero())) {
            found_.push_back("the events up to " + std::to_string(first - 1) +
                             " are gone, and nobody asked for more than up to " +
                             std::to_string(through));
        }
    }

    /// The retention asks only for what is old enough.
    void check_age(const RequestRecord& request) {
        if (context_.clock_was_set || request.who != retention_rule) {
            return;
        }
        const bus::Timestamp before = request.at - context_.retention;
        for (const bus::StoredEvent& event : context_.log.read(0, request.position)) {
            if (event.record.occurred_at >= before) {
                complain(request, "of the retention is for event " +
                                      std::to_string(event.position) + ", which was too young");
            }
        }
    }

    /// One request for the one renaming, unless it was pruned.
    void check_renames() {
        const auto renames = std::count_if(kept_.begin(), kept_.end(), [](const auto& entry) {
            return entry.second.action == DeliveryAction::rename;
        });
        const bool renamed = store_.agent(newer_packer).has_value();
        if (renames > (renamed ? 1 : 0)) {
            found_.push_back("the packer was renamed " + std::to_string(renames) + " times");
        }
    }

    bus::EventStore& store_;
    const std::vector<RequestRecord>& asked_;
    const RequestContext& context_;
    std::map<std::uint64_t, RequestRecord> kept_;
    std::vector<std::string> found_;
};

} // namespace

// holds S26_in_the_simulation_pruning_was_requested_and_nobody_needs_what_is_pruned
std::vector<std::string> pruned_too_early(bus::EventStore& store) {
    const bus::Position first = store.first_position();
    std::vector<std::string> found;
    for (const bus::AgentRecord& agent : store.agents()) {
        if (agent.checkpoint + 1 < first) {
            found.push_back("the events up to " + std::to_string(first - 1) +
                            " are pruned, and agent " + agent.name + " is at " +
                            std::to_string(agent.checkpoint));
        }
        for (const bus::DeliveryBrief& row : store.delivery_briefs(agent.name)) {
            if (row.position < first) {
                found.push_back("event " + std::to_string(row.position) + " is pruned, and agent " +
                                agent.name + " is not done with it");
            }
        }
    }
    return found;
}

std::vector<std::string> check_requests(bus::EventStore& store,
                                        const std::vector<RequestRecord>& asked,
                                        const RequestContext& context) {
    return RequestChecks{store, asked, context}.all();
}

} // namespace simulation
