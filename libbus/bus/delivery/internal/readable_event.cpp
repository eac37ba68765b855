#include <bus/delivery/internal/readable_event.hpp>
#include <bus/event/codec.hpp>

namespace bus::internal {

std::optional<std::uint32_t> known_below(const EventRecord& record) noexcept {
    const EventType* type = find_event_type(record.event_type);
    const bool newer =
        type != nullptr && type->base() != nullptr && record.event_version > type->version();
    return newer ? std::optional{type->version()} : std::nullopt;
}

std::shared_ptr<const DomainEvent> readable_event(DeliveryItem& item,
                                                  std::optional<Failure>& failure) {
    if (item.event->event) {
        return item.event->event;
    }
    if (item.decoded) {
        return item.decoded;
    }
    const auto unread = [&](const Failure& why) {
        failure = why.of_unread({item.event, &item.event->record});
        return nullptr;
    };
    const EventRecord& record = item.event->record;
    if (const std::optional<std::uint32_t> known = known_below(record)) {
        return unread(Failure::not_ready(
            "the event is of version " + std::to_string(record.event_version) + " of " +
                record.event_type + ", and this program knows version " + std::to_string(*known) +
                ": it waits for a program that knows its version",
            due_in_newer_program));
    }
    try {
        item.decoded = decode(record);
    } catch (const CodecError& error) {
        // The message leaves out the position, which the dead letter has anyway: equal causes must
        // have equal messages.
        return unread(Failure::poison(std::string{"the event cannot be read: "} + error.what()));
    }
    if (!item.decoded) {
        return unread(Failure::rejected(
            "no handler was run: this program does not know the event type " + record.event_type +
            "; redrive the event in a program that knows it, or discard it"));
    }
    return item.decoded;
}

Failure no_handler(std::string_view agent, std::string_view event_type) {
    return Failure::rejected("no handler was run: agent " + std::string{agent} +
                             " has no handler for " + std::string{event_type} +
                             " any more; bring the handler back and redrive the event, or discard "
                             "it");
}

} // namespace bus::internal
