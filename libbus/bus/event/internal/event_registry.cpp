#include <bus/event/internal/event_registry.hpp>
#include <bus/event/internal/libbus_copies.hpp>
#include <bus/event/internal/pinned_files.hpp>
#include <bus/event/internal/same_layout.hpp>
#include <bus/runtime/internal/per_thread.hpp>

#include <array>
#include <mutex>
#include <stdexcept>

namespace bus {

namespace internal {

namespace {

/// Its address lies in the file that contains this copy of libbus.
const char in_this_file = 0;

/// A text that identifies a struct. If the C++ name is not unique, an address that belongs to the
/// struct follows the name.
std::string identity_of(const EventType::Description& description) {
    std::string identity{description.cpp_name};
    if (description.of_file != nullptr) {
        identity += '@' + std::to_string(reinterpret_cast<std::uintptr_t>(description.of_file));
    }
    return identity;
}

[[noreturn]] void refuse(std::string_view name, const EventType& first, const EventType& second) {
    std::string message = "two event types have the wire name \"" + std::string{name} + "\": ";
    message.append(first.cpp_name()).append(" and ").append(second.cpp_name());
    if (first.cpp_name() == second.cpp_name()) {
        message += ", which differ: each is of a file or shared library of its own";
    }
    throw std::logic_error{
        message + ". Stored events of that name could be of either, so only one of them can be "
                  "used; describe the other one with a wire name of its own, "
                  "bus::wire_name(\"...\"), or rename its struct"};
}

} // namespace

EventRegistry& EventRegistry::instance() {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): it must outlive all static objects
    static EventRegistry& registry = *new EventRegistry;
    return registry;
}

EventRegistry::EventRegistry() : first_index_{index_of_this_copy() * most_types_beside_copies} {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): like the registry
    static const MemberTable& no_members = *new MemberTable;
    use(add_new({.name = "DomainEvent", .cpp_name = "bus::DomainEvent"}, nullptr, no_members, {}));
    keep_loaded(&in_this_file); // else a copy that is loaded later could get the same indexes
    tell_of_other_copies();
}

const EventType& EventRegistry::add(const EventType::Description& description,
                                    const EventType* base, const MemberTable& members,
                                    const EventType::Storage& storage) {
    // Do this before locking: the loader may be starting a library that registers its types.
    keep_loaded(&members);
    keep_loaded(description.name.data());
    keep_loaded(reinterpret_cast<const void*>(storage.destroy));
    const std::unique_lock lock{mutex_};
    const auto [begin, end] = by_identity_.equal_range(identity_of(description));
    for (auto known = begin; known != end; ++known) {
        const EventType& type = *known->second;
        if (type.name() == description.name && type.version() == description.version &&
            type.base() == base && type.storage().size == storage.size &&
            type.storage().alignment == storage.alignment && same_layout(type.members(), members)) {
            return type;
        }
    }
    return add_new(description, base, members, storage);
}

const EventType& EventRegistry::add_new(const EventType::Description& description,
                                        const EventType* base, const MemberTable& members,
                                        const EventType::Storage& storage) {
    if (types_.size() == most_types_beside_copies && libbus_copies().size() > 1) {
        throw std::logic_error{"a process that holds several copies of libbus can have 4096 event "
                               "types in each; link them all with one shared libbus"};
    }
    const std::uint32_t index = first_index_ + static_cast<std::uint32_t>(types_.size());
    const EventType& type = types_.emplace_back(index, description, base, members, storage);
    by_identity_.emplace(identity_of(description), &type);
    by_name_.emplace(type.name(), &type);
    for (const std::string& former : type.former_names()) {
        by_name_.emplace(former, &type);
    }
    return type;
}

/// Another type that uses this wire name. If the name is a former name of `than`, also a type that
/// has it but does not use it: events stored under the name could be of either type.
const EventType* EventRegistry::other_called(std::string_view name, const EventType& than) const {
    if (const auto user = in_use_.find(name); user != in_use_.end() && user->second != &than) {
        return user->second;
    }
    if (name != than.name()) {
        const auto [begin, end] = by_name_.equal_range(name);
        for (auto known = begin; known != end; ++known) {
            if (known->second != &than) {
                return known->second;
            }
        }
    }
    return nullptr;
}

void EventRegistry::take_names(const EventType& type) {
    if (type.name().empty() || type.version() == 0) {
        throw std::logic_error{"event type " + std::string{type.cpp_name()} +
                               (type.name().empty()
                                    ? " has an empty wire name: give bus::wire_name a text"
                                    : " is described with version 0: versions count from 1")};
    }
    std::vector<std::string_view> names{type.name()};
    names.insert(names.end(), type.former_names().begin(), type.former_names().end());
    for (const std::string_view name : names) {
        if (const EventType* other = other_called(name, type)) {
            refuse(name, *other, type);
        }
    }
    for (const std::string_view name : names) {
        in_use_.emplace(name, &type);
    }
    type.in_use_.store(true, std::memory_order_release);
}

void EventRegistry::use(const EventType& type) {
    type.check_copy();
    const std::unique_lock lock{mutex_};
    if (&types_[type.index() - first_index_] != &type) {
        return; // a substitute for a type that this program does not know: it takes no name
    }
    if (!type.in_use_.load(std::memory_order_relaxed)) {
        take_names(type);
    }
}

EventRegistry::Named EventRegistry::find_named(std::string_view name) {
    {
        const std::shared_lock lock{mutex_};
        if (const auto user = in_use_.find(name); user != in_use_.end()) {
            return {user->first, user->second};
        }
    }
    const std::unique_lock lock{mutex_};
    const auto [begin, end] = by_name_.equal_range(name);
    if (begin == end || std::next(begin) != end) {
        return {};
    }
    const EventType& type = *begin->second;
    try {
        if (!type.in_use_.load(std::memory_order_relaxed)) {
            take_names(type);
        }
    } catch (const std::logic_error&) {
        return {}; // check_clash() reports it, and so does the next use of the type
    }
    return {begin->first, &type};
}

void EventRegistry::check_clash(std::string_view name) {
    const std::unique_lock lock{mutex_};
    const auto [begin, end] = by_name_.equal_range(name);
    if (begin == end || in_use_.contains(name)) {
        return;
    }
    if (std::next(begin) != end) {
        refuse(name, *begin->second, *std::next(begin)->second);
    }
    take_names(*begin->second);
}

std::vector<const EventType*> EventRegistry::all() const {
    const std::shared_lock lock{mutex_};
    std::vector<const EventType*> result;
    for (const EventType& type : types_) {
        result.push_back(&type);
    }
    return result;
}

} // namespace internal

using internal::EventRegistry;

void EventType::use_first() const {
    EventRegistry::instance().use(*this);
}

// Types and names in use are never removed, so each thread can remember those that it has found.
// Otherwise all threads that read events would write to the cache line of the registry's lock.
const EventType* find_event_type(std::string_view name) noexcept {
    struct Met {
        std::array<EventRegistry::Named, 64> places{};
    };

    Met* const met = internal::of_this_thread<Met>();
    if (met == nullptr) {
        return EventRegistry::instance().find_named(name).type;
    }
    const auto letter = [name](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    const std::size_t mixed =
        name.empty() ? 0 : name.size() * 7U + letter(0) * 5U + letter(name.size() / 2) * 3U;
    EventRegistry::Named& place = met->places[mixed % met->places.size()];
    if (place.type == nullptr || place.name != name) {
        const EventRegistry::Named found = EventRegistry::instance().find_named(name);
        if (found.type == nullptr) {
            return nullptr;
        }
        place = found;
    }
    return place.type;
}

std::vector<const EventType*> known_event_types() {
    return EventRegistry::instance().all();
}

namespace detail {

const EventType& register_event_type(const EventType::Description& description,
                                     const EventType* base, const MemberTable& members,
                                     const EventType::Storage& storage) {
    return EventRegistry::instance().add(description, base, members, storage);
}

void check_clash(std::string_view name) {
    EventRegistry::instance().check_clash(name);
}

const EventType& domain_event_type() {
    return EventRegistry::instance().domain_event();
}

} // namespace detail

} // namespace bus
