#include <bus/event/internal/text_buffer.hpp>
#include <bus/store/internal/part_rules.hpp>

#include <algorithm>
#include <string_view>

namespace bus::internal {

namespace {

std::string readable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        result.append(size == 0 ? std::string_view{"\xef\xbf\xbd"} : text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

} // namespace

std::string stream_name(const EventRecord& record) {
    return record.aggregate_type + "/" + record.aggregate_id;
}

DeliveryRecord as_kept(const Part& part, const DeliveryRecord& delivery) {
    DeliveryRecord kept = delivery;
    if (kept.agent.empty()) {
        kept.agent = part.agent;
    }
    for (AttemptRecord& attempt : kept.attempts) {
        attempt.message = readable(attempt.message);
    }
    return kept;
}

bool redrive(DeliveryRecord& delivery) {
    if (delivery.state != DeliveryState::dead) {
        return false;
    }
    delivery.state = DeliveryState::deferred;
    delivery.due = Timestamp{};
    delivery.failures = 0;
    ++delivery.redrives;
    return true;
}

bool needs_record(const Part& part) {
    return !part.start && (part.checkpoint || part.finished != 0);
}

bool lacks_agent(const Part& part) {
    if (!part.agent.empty()) {
        return false;
    }
    if (part.start || needs_record(part) || !part.erase_deliveries.empty() ||
        !part.put_states.empty() || !part.erase_states.empty()) {
        return true;
    }
    return std::any_of(part.put_deliveries.begin(), part.put_deliveries.end(),
                       [](const DeliveryRecord& delivery) { return delivery.agent.empty(); });
}

std::exception_ptr agent_refusal(const Part& part, std::optional<Position> checkpoint) {
    if (needs_record(part) && !checkpoint) {
        return std::make_exception_ptr(no_record_error(part.agent));
    }
    if (part.expected_checkpoint && *part.expected_checkpoint != checkpoint.value_or(0)) {
        return std::make_exception_ptr(
            StaleCheckpoint{part.agent, *part.expected_checkpoint, checkpoint.value_or(0)});
    }
    return nullptr;
}

std::invalid_argument no_agent_error() {
    return std::invalid_argument{
        "a part has a checkpoint, deliveries or state but names no agent: set Part::agent"};
}

std::invalid_argument no_record_error(const std::string& agent) {
    return std::invalid_argument{"agent '" + agent +
                                 "' has no record in the store, so its checkpoint cannot move: its "
                                 "first part must set Part::start"};
}

} // namespace bus::internal
