#include <bus/delivery/agent_runner.hpp>
#include <bus/delivery/internal/readable_event.hpp>

#include <algorithm>
#include <stdexcept>

/// How a starting agent treats events in the store whose type or version this program does not
/// know.
namespace bus {

namespace {

const EventType* known_type(const std::string& name) {
    const EventType* type = find_event_type(name);
    return type != nullptr && type->base() != nullptr ? type : nullptr;
}

/// The steps from a version to the program's own for which there is no upcaster: `from 1 to 2`.
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

/// The position after which the agent begins if it is new in the store.
Position AgentRunner::first_start() {
    const StartPosition& start = agent_->settings().start;
    return start.kind == StartPosition::Kind::now ? store_.last_position() : start.position;
}

/// Throws std::invalid_argument if the log holds events for the agent that no upcaster converts to
/// the program's version. Events that the agent has handled count too, since it may replay them.
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

/// Reports which of the deliveries that wait for the agent it does not handle any more, and which
/// it cannot read yet.
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

/// Some deliveries wait for a program that knows the version of their event. Makes those due that
/// this program can read.
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
