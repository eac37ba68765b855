#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/internal/readable_event.hpp>

#include <algorithm>
#include <stdexcept>

/// What an agent that begins finds in the store of programs that knew other events than its own, or
/// other versions of them.
namespace bus {

namespace {

const EventType* known_type(const std::string& name) {
    const EventType* type = find_event_type(name);
    return type != nullptr && type->base() != nullptr ? type : nullptr;
}

/// The steps from a version on to that of the program that no upcaster takes: `from 1 to 2`.
std::string missing_upcasters(const EventType& type, std::uint32_t version) {
    std::string missing;
    for (; version < type.version(); ++version) {
        if (type.upcaster(version) == nullptr) {
            missing += (missing.empty() ? "from " : ", from ") + std::to_string(version) + " to " +
                       std::to_string(version + 1);
        }
    }
    return missing;
}

} // namespace

/// The position behind which the agent begins if the store has never heard of it.
Position AgentRunner::first_start() {
    const StartPosition& start = agent_->settings().start;
    return start.kind == StartPosition::Kind::now ? store_.last_position() : start.position;
}

/// Throws std::invalid_argument if the log holds events for the agent that no upcaster brings to
/// the version that the program knows: also those that it has handled, since it may be replayed.
void AgentRunner::check_versions() {
    const auto has_gap = [this](const EventType* type) {
        return handles(type) && !missing_upcasters(*type, 1).empty();
    };
    const std::vector<const EventType*> types = known_event_types();
    if (std::none_of(types.begin(), types.end(), has_gap)) {
        return;
    }
    const std::optional<AgentRecord> record = store_.agent(name_);
    const Position start = record ? record->start : first_start();
    for (const EventCount& count : store_.count_events(start)) {
        const EventType* type = known_type(count.event_type);
        const std::string missing =
            handles(type) ? missing_upcasters(*type, count.event_version) : std::string{};
        if (!missing.empty()) {
            throw std::invalid_argument{
                "agent " + name_ + " cannot be added: it handles " + count.event_type +
                ", which this program knows at version " + std::to_string(type->version()) +
                ", and " + store_.description() + " holds " + std::to_string(count.events) +
                " of version " + std::to_string(count.event_version) +
                ", but there is no upcaster " + missing +
                "; register it with bus::upcast before the agent is added"};
        }
    }
}

/// Of what waits for the agent, what it does not handle any more and what it cannot read yet.
void AgentRunner::warn_of_unhandled() {
    Teller teller = hub_->teller();
    for (const WaitingCount& waiting : store_.count_waiting(name_)) {
        const EventType* type = known_type(waiting.event_type);
        if (!handles(type)) {
            warnings_.no_handler(waiting, teller);
        } else if (waiting.event_version > type->version()) {
            warnings_.newer(waiting, type->version(), teller);
        }
    }
}

/// Makes those due that wait for a program that knows the version of their event, if this is one.
void AgentRunner::wake_readable(std::vector<DeliveryRecord>& deferred) {
    const auto waits = [](const DeliveryRecord& delivery) {
        return delivery.due == due_in_newer_program;
    };
    if (std::none_of(deferred.begin(), deferred.end(), waits)) {
        return;
    }
    const Timestamp now = hub_->runtime().now();
    for (DeliveryRecord& delivery : deferred) {
        if (!waits(delivery)) {
            continue;
        }
        for (const StoredEvent& event : store_.read(delivery.position - 1, 1)) {
            const bool readable = event.position == delivery.position &&
                                  known_type(event.record.event_type) != nullptr &&
                                  !internal::known_below(event.record);
            delivery.due = readable ? now : delivery.due;
        }
    }
}

} // namespace bus
