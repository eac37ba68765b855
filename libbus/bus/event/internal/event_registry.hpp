#pragma once

#include <bus/event/event_type.hpp>

#include <cstdint>
#include <deque>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bus::internal {

/// All event types of the process, and who has which wire name. Two structs are two types whatever
/// their names. A wire name goes to the first type that is used under it, so that a program may
/// hold two types of one name as long as it uses but one of them. Thread safe.
class EventRegistry {
public:
    /// It is never destroyed: events may outlive main(), and their types have to outlive them.
    static EventRegistry& instance();

    EventRegistry(const EventRegistry&) = delete;
    EventRegistry& operator=(const EventRegistry&) = delete;
    ~EventRegistry() = delete;

    const EventType& add(const EventType::Description& description, const EventType* base,
                         const MemberTable& members, const EventType::Storage& storage);

    [[nodiscard]] const EventType& domain_event() const noexcept { return types_.front(); }

    /// See EventType::use and find_event_type.
    void use(const EventType& type);
    const EventType* find(std::string_view name);
    void check_clash(std::string_view name);

    [[nodiscard]] std::vector<const EventType*> all() const;

    /// A name and the type that it belongs to, both for as long as the process lives.
    struct Named {
        std::string_view name{};
        const EventType* type = nullptr;
    };

    /// find(), with the name as the registry keeps it.
    Named find_named(std::string_view name);

private:
    EventRegistry();

    /// The indexes of copies of libbus in one process differ, for so many types in each.
    static constexpr std::uint32_t most_types_beside_copies = 4096;

    void take_names(const EventType& type);
    [[nodiscard]] const EventType* other_called(std::string_view name, const EventType& than) const;
    const EventType& add_new(const EventType::Description& description, const EventType* base,
                             const MemberTable& members, const EventType::Storage& storage);

    const std::uint32_t first_index_; ///< 0 unless this process holds other copies of libbus
    mutable std::shared_mutex mutex_;
    std::deque<EventType> types_; // a deque, because types are handed out by reference
    std::unordered_multimap<std::string, const EventType*> by_identity_;
    std::unordered_multimap<std::string_view, const EventType*> by_name_; ///< wire and former names
    std::unordered_map<std::string_view, const EventType*> in_use_;
};

} // namespace bus::internal
