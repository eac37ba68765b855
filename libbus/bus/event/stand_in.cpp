#include <bus/event/stand_in.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

namespace bus {

namespace {

/// An event of a type that is known only by name.
class NamedEvent final : public DomainEvent {
public:
    explicit NamedEvent(const EventType& type) { set_type(type); }
};

/// Types that are known only by name. They are not in the registry, so nothing handles an event of
/// such a type. If a shared library later brings a type of the same name, that is a different type.
/// Thread safe.
class NamedTypes {
public:
    static NamedTypes& instance() {
        // Never destroyed: events may be used until the process ends.
        static auto* const types = std::make_unique<NamedTypes>().release();
        return *types;
    }

    const EventType& of(const EventRecord& record) {
        const Key key{record.event_type, std::max(record.event_version, 1U), record.aggregate_type};
        const std::lock_guard lock{mutex_};
        if (const auto found = types_.find(key); found != types_.end()) {
            return found->second;
        }
        const auto& [name, version, aggregate_type] = key;
        const EventType::Description description{
            .name = name, .version = version, .aggregate_type = aggregate_type};
        const EventType& base = detail::domain_event_type();
        return types_.try_emplace(key, base.index(), description, &base, base.members(), storage)
            .first->second;
    }

private:
    using Key = std::tuple<std::string, std::uint32_t, std::string>;

    // NOLINTBEGIN(cppcoreguidelines-pro-type-static-cast-downcast): of its own type alone
    static constexpr EventType::Storage storage{
        .size = sizeof(NamedEvent),
        .alignment = alignof(NamedEvent),
        .make = nullptr,
        .copy = [](const DomainEvent& event, void* memory) -> DomainEvent* {
            return std::construct_at(static_cast<NamedEvent*>(memory),
                                     static_cast<const NamedEvent&>(event));
        },
        .destroy =
            [](DomainEvent& event) noexcept { std::destroy_at(&static_cast<NamedEvent&>(event)); }};
    // NOLINTEND(cppcoreguidelines-pro-type-static-cast-downcast)

    std::mutex mutex_;
    std::map<Key, EventType> types_;
};

std::shared_ptr<DomainEvent> with_defaults(const EventRecord& record) {
    const EventType* type = find_event_type(record.event_type);
    if (type != nullptr && type->base() != nullptr) {
        return type->create();
    }
    const UnstampedScope unstamped;
    return std::make_shared<NamedEvent>(NamedTypes::instance().of(record));
}

} // namespace

std::shared_ptr<const DomainEvent> stand_in(const EventRecord& record) {
    const std::shared_ptr<DomainEvent> event = with_defaults(record);
    event->event_id = record.event_id;
    event->causation_id = record.causation_id;
    event->occurred_at = record.occurred_at;
    event->execution_id = record.execution_id;
    event->user_id = record.user_id;
    event->own_aggregate_id = record.aggregate_id;
    return event;
}

} // namespace bus
