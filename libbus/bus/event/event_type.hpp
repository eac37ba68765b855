#pragma once

#include <bus/event/value_type.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

namespace internal {
class BlockMemory;
}

class DomainEvent;

/// What a crash may take of an event of this type, once its publish has returned.
enum class Durability : std::uint8_t {
    committed, ///< nothing: publish returns after the disk has it
    buffered,  ///< the newest ones at a power cut; nothing when only the process dies
    transient, ///< it is never stored
};

BOOST_DESCRIBE_ENUM(Durability, committed, buffered, transient)

/// Turns the `data` of an event, as JSON text, of one version into that of the next.
using Upcaster = std::function<std::string(std::string_view data)>;

/// The run-time description of one event struct: wire name, version, aggregate type, members.
/// There is one for each type and process; it is made on first use and lives as long as the
/// process. Reading is safe from any thread.
class EventType {
public:
    /// What the macro BUS_DESCRIBE_EVENT knows of a type.
    struct Description {
        std::string_view name;
        std::uint32_t version = 1;
        std::string_view aggregate_type;         ///< empty: the first CamelCase word of the name
        std::ptrdiff_t aggregate_id_offset = -1; ///< of a std::string member; -1: none
        Durability durability = Durability::committed;
    };

    /// How an event of this type is kept by value in memory that somebody else owns. All that
    /// libbus does with events of unknown type comes down to these, so that a program that
    /// describes one compiles no more for it.
    struct Storage {
        std::uint32_t size = 0;      ///< bytes
        std::uint32_t alignment = 1; ///< bytes
        /// Makes an event of default values there, stamped unless an UnstampedScope says no.
        DomainEvent* (*make)(void* memory) = nullptr;
        /// Copies the event to `memory`, which has that size and alignment; throws what the copy
        /// of a member throws, and has made nothing then.
        DomainEvent* (*copy)(const DomainEvent& event, void* memory) = nullptr;
        void (*destroy)(DomainEvent& event) noexcept = nullptr;
    };

    EventType(std::uint32_t index, const Description& description, const EventType* base,
              const MemberTable& members, const Storage& storage);

    /// The wire name: the struct's own name, without its namespace.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// The version that this program writes and handles; at least 1.
    [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

    [[nodiscard]] std::string_view aggregate_type() const noexcept { return aggregate_type_; }

    [[nodiscard]] Durability durability() const noexcept { return durability_; }

    /// Dense: types are numbered from 0 in the order of their first use. 0 is DomainEvent itself.
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }

    /// The event type that this one derives from; nullptr for DomainEvent.
    [[nodiscard]] const EventType* base() const noexcept { return base_; }

    [[nodiscard]] bool is_a(const EventType& other) const noexcept;

    /// The members that `data` holds; their offsets count from the DomainEvent.
    [[nodiscard]] const MemberTable& members() const noexcept { return *members_; }

    /// The value of the member that names the aggregate, empty where the type has none.
    [[nodiscard]] std::string_view aggregate_id(const DomainEvent& event) const noexcept;

    /// A default-constructed event, unstamped: id and time are zero.
    [[nodiscard]] std::shared_ptr<DomainEvent> create() const;
    /// The same in a block of memory.
    [[nodiscard]] std::shared_ptr<DomainEvent> create_in(internal::BlockMemory& memory) const;
    [[nodiscard]] std::shared_ptr<const DomainEvent> copy(const DomainEvent& event) const;

    /// Without functions for DomainEvent, which is no event of its own.
    [[nodiscard]] const Storage& storage() const noexcept { return storage_; }

    /// The upcaster from `version`, or nullptr.
    [[nodiscard]] const Upcaster* upcaster(std::uint32_t version) const;

private:
    friend void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster);

    [[nodiscard]] std::shared_ptr<DomainEvent> make(internal::BlockMemory* memory) const;

    std::uint32_t index_;
    std::string name_;
    std::uint32_t version_;
    std::string aggregate_type_;
    std::ptrdiff_t aggregate_id_offset_;
    Durability durability_;
    const EventType* base_;
    const MemberTable* members_;
    Storage storage_;
    std::map<std::uint32_t, Upcaster> upcasters_;
};

/// The type of this wire name, or nullptr where this program does not know it. Thread safe.
const EventType* find_event_type(std::string_view name) noexcept;

/// All event types that this program has described, in order of index. Thread safe.
std::vector<const EventType*> known_event_types();

/// Registers how `data` of `version` becomes that of `version + 1`. Call it at start-up, before
/// events are read. Throws std::logic_error where the version is not below the type's own, or
/// already has one. upcast.hpp has the form that works on a JSON object.
void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster);

/// `OrderFailedEvent` gives `Order`: the first CamelCase word once the suffix `Event` is cut.
std::string aggregate_type_of_name(std::string_view event_name);

namespace detail {

/// Registers a type, or finds the one registered under this name by another shared library.
/// Throws std::logic_error where that one has other members, version or base.
const EventType& register_event_type(const EventType::Description& description,
                                     const EventType* base, const MemberTable& members,
                                     const EventType::Storage& storage);

const EventType& domain_event_type();

} // namespace detail

} // namespace bus
