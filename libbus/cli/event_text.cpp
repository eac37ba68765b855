#include <bus/event/codec.hpp>

#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/suggest.hpp>
#include <cli/terminal/text.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace bus::cli {

std::string stream_of(const EventRecord& record) {
    return record.aggregate_type + '/' + record.aggregate_id;
}

std::string readable_json(const EventRecord& record) {
    std::string text;
    write_readable_json(record, text);
    return text;
}

std::string json_of(const StoredEvent& event, bool open) {
    std::string text = fmt::format(R"({{"position":{},"stream_version":{},"event":)",
                                   event.position, event.stream_version);
    write_readable_json(event.record, text);
    if (!open) {
        text += '}';
    }
    return text;
}

boost::json::object json_of(const DeliveryRecord& delivery) {
    boost::json::array attempts;
    for (const AttemptRecord& attempt : delivery.attempts) {
        attempts.push_back({{"at", to_text(attempt.at)},
                            {"kind", to_text(attempt.kind)},
                            {"message", attempt.message}});
    }
    boost::json::object object{{"agent", delivery.agent},
                               {"position", delivery.position},
                               {"state", to_text(delivery.state)}};
    if (delivery.state == DeliveryState::deferred) {
        const bool newer = delivery.due == due_in_newer_program;
        object["due"] = newer ? boost::json::value{} : boost::json::value{to_text(delivery.due)};
        object["waits_for_newer_program"] = newer;
    }
    object["failures"] = delivery.failures;
    object["redrives"] = delivery.redrives;
    object["sequence"] = delivery.sequence;
    object["quarantined"] = delivery.quarantined;
    object["attempts"] = std::move(attempts);
    return object;
}

boost::json::object json_of(const RequestRecord& request) {
    boost::json::object object{{"request", request.number},
                               {"at", to_text(request.at)},
                               {"who", request.who},
                               {"why", request.why},
                               {"action", name_of(request.action)},
                               {"agent", request.agent},
                               {"position", nullptr},
                               {"kind", nullptr},
                               {"error", nullptr},
                               {"done_at", nullptr},
                               {"result", request.result}};
    if (request.position != 0) {
        object["position"] = request.position;
    }
    if (request.kind) {
        object["kind"] = to_text(*request.kind);
    }
    if (request.error) {
        object["error"] = *request.error;
    }
    if (request.done_at) {
        object["done_at"] = to_text(*request.done_at);
    }
    // Members that few requests have are left out if they are not set.
    if (request.state) {
        object["state"] = to_text(*request.state);
    }
    if (request.limit != 0) {
        object["limit"] = request.limit;
    }
    if (request.before) {
        object["before"] = to_text(*request.before);
    }
    if (request.part_of != 0) {
        object["part_of"] = request.part_of;
    }
    if (request.forced) {
        object["forced"] = true;
    }
    return object;
}

const char* name_of(DeliveryAction action) {
    switch (action) {
    case DeliveryAction::redrive: return "redrive";
    case DeliveryAction::discard: return "discard";
    case DeliveryAction::replay: return "replay";
    case DeliveryAction::replay_with_effects: return "replay with effects";
    case DeliveryAction::forget: return "forget";
    case DeliveryAction::prune: return "prune";
    case DeliveryAction::retry: return "retry";
    case DeliveryAction::prune_requests: return "prune requests";
    case DeliveryAction::prune_streams: return "prune streams";
    case DeliveryAction::rename: return "rename";
    }
    return "unknown";
}

bool concerns_deliveries(DeliveryAction action) {
    return action == DeliveryAction::redrive || action == DeliveryAction::discard ||
           action == DeliveryAction::retry;
}

std::string title_of(const RequestRecord& request) {
    const std::string verb = name_of(request.action);
    switch (request.action) {
    case DeliveryAction::redrive:
    case DeliveryAction::retry:
    case DeliveryAction::discard: break;
    case DeliveryAction::replay:
    case DeliveryAction::replay_with_effects:
        return request.position == 0
                   ? fmt::format("{} of {}", verb, request.agent)
                   : fmt::format("{} of {} from {}", verb, request.agent, request.position);
    case DeliveryAction::forget:
    case DeliveryAction::rename: return fmt::format("{} {}", verb, request.agent);
    case DeliveryAction::prune: return fmt::format("{} up to {}", verb, request.position);
    case DeliveryAction::prune_requests:
    case DeliveryAction::prune_streams:
        return fmt::format("{} from before {}", verb,
                           request.before ? short_time(*request.before) : "any time");
    default:
        return fmt::format("what this program does not know, {}",
                           static_cast<unsigned>(request.action));
    }
    if (request.position != 0) {
        return fmt::format("{} of {} at {}", verb, request.agent, request.position);
    }
    const std::string limit =
        request.limit == 0 ? "" : fmt::format("the oldest {} ", request.limit);
    const std::string state = request.state ? fmt::format("{} ", to_text(*request.state)) : "";
    return fmt::format("{} of {}, {}{}{}: {}", verb, request.agent, limit, state,
                       request.kind ? to_text(*request.kind) : "any kind",
                       request.error.value_or("any error"));
}

std::string describe(const DeliveryRecord& delivery) {
    const std::string attempts = fmt::format("{} attempt{}", delivery.attempts.size(),
                                             delivery.attempts.size() == 1 ? "" : "s");
    const std::string redrives =
        delivery.redrives == 0 ? "" : fmt::format(", redriven {} times", delivery.redrives);
    switch (delivery.state) {
    case DeliveryState::deferred:
        if (delivery.due == due_in_newer_program) {
            return fmt::format("deferred, waits for a program that knows the version of its event, "
                               "{}{}",
                               attempts, redrives);
        }
        return delivery.due == Timestamp{}
                   ? fmt::format("deferred, due at once, {}{}", attempts, redrives)
                   : fmt::format("deferred until {}, {}{}", short_time(delivery.due), attempts,
                                 redrives);
    case DeliveryState::dead:
        return fmt::format("{} after {}{}", delivery.quarantined ? "quarantined" : "dead", attempts,
                           redrives);
    case DeliveryState::parked:
        return fmt::format("parked, waits for those before it in sequence {}", delivery.sequence);
    }
    return "unknown";
}

std::vector<DeliveryRecord> deliveries_at(EventStore& store, const std::vector<AgentRecord>& agents,
                                          Position position) {
    std::vector<DeliveryRecord> found;
    for (const AgentRecord& agent : agents) {
        if (auto delivery = store.delivery(agent.name, position)) {
            found.push_back(std::move(*delivery));
        }
    }
    return found;
}

StoredEvent find_event(EventStore& store, const std::string& name) {
    if (const Position position = position_of(name); position != 0) {
        auto page = store.read(position - 1, 1);
        if (!page.empty() && page.front().position == position) {
            return std::move(page.front());
        }
        const Position first = store.first_position();
        const Position last = store.last_position();
        throw NotFound{last < first
                           ? fmt::format("{} holds no events", store.description())
                           : fmt::format("{} has no event at position {}: it holds {} to {}",
                                         store.description(), position, first, last)};
    }
    const auto id = try_parse_uuid(name);
    if (!id) {
        throw UsageError{fmt::format("'{}' does not identify an event: write its position (a "
                                     "number from 1 on), or its event_id (a UUID)",
                                     terminal::printable(name))};
    }
    if (auto event = store.find(*id)) {
        return std::move(*event);
    }
    throw NotFound{fmt::format("{} has no event with the id {}", store.description(), name)};
}

Position position_of(std::string_view text) noexcept {
    std::int64_t position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && position > 0 ? static_cast<Position>(position) : 0;
}

void require_agent(EventStore& store, const std::string& name) {
    if (store.agent(name)) {
        return;
    }
    std::vector<std::string> names;
    for (const AgentRecord& agent : store.agents()) {
        names.push_back(agent.name);
    }
    throw NotFound{fmt::format("{} knows no agent '{}'{}", store.description(), name,
                               names.empty() ? std::string{"; there are no agents in it"}
                                             : did_you_mean(name, names))};
}

} // namespace bus::cli
