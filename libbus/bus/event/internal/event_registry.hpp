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

/// All event types of the process, and which type uses which wire name. Two structs are two types
/// even if their names are equal. The first type that is used under a wire name gets the name. So a
/// program may contain two types of one name if it uses only one of them. Thread safe.
class EventRegistry {
public:
    /// The registry is never destroyed: events may outlive main(), and their types must outlive
    /// them.
    static EventRegistry& instance();

    EventRegistry(const EventRegistry&) = delete;
    EventRegistry& operator=(const EventRegistry&) = delete;
    ~EventRegistry() = delete;

    /// Registers a type, or returns the one that already has this identity and layout.
    const EventType& add(const EventType::Description& description, const EventType* base,
                         const MemberTable& members, const EventType::Storage& storage);

    [[nodiscard]] const EventType& domain_event() const noexcept { return types_.front(); }

    /// See EventType::use and find_event_type.
    void use(const EventType& type);
    const EventType* find(std::string_view name);
    void check_clash(std::string_view name);

    [[nodiscard]] std::vector<const EventType*> all() const;

    /// A name and the type that it belongs to. Both live until the process ends.
    struct Named {
        std::string_view name{};
        const EventType* type = nullptr;
    };

    /// The type of this name, and the registry's own copy of the name.
    Named find_named(std::string_view name);

private:
    EventRegistry();

    /// If a process holds several copies of libbus, each may have this many types. Each has a range
    /// of indexes of its own.
    static constexpr std::uint32_t most_types_beside_copies = 4096;

    void take_names(const EventType& type);
    [[nodiscard]] const EventType* other_called(std::string_view name, const EventType& than) const;
    const EventType& add_new(const EventType::Description& description, const EventType* base,
                             const MemberTable& members, const EventType::Storage& storage);

    const std::uint32_t first_index_; ///< 0 unless this process holds other copies of libbus
    mutable std::shared_mutex mutex_;
    std::deque<EventType> types_; // a deque keeps references to its elements valid
    std::unordered_multimap<std::string, const EventType*> by_identity_;
    std::unordered_multimap<std::string_view, const EventType*> by_name_; ///< wire and former names
    std::unordered_map<std::string_view, const EventType*> in_use_;
};

} // namespace bus::internal
