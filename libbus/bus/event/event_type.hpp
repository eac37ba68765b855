#pragma once

#include <bus/event/value_type.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus {

namespace internal {
class BlockMemory;
class EventRegistry;
} // namespace internal

class DomainEvent;

/// The value that identifies an event's aggregate. It is a view of a member of the event. If the
/// member is not a std::string, this object owns the text that was made from it.
class AggregateId : public std::string_view {
public:
    /// Empty.
    AggregateId() noexcept = default;

    /// A view of text that lives elsewhere.
    // NOLINTNEXTLINE(google-explicit-constructor): it is one
    AggregateId(std::string_view text) noexcept : std::string_view{text} {}

    /// Takes over the text and owns it.
    [[nodiscard]] static AggregateId made(std::string text) {
        AggregateId id;
        id.own_ = std::move(text);
        id.view(id.own_);
        return id;
    }

    AggregateId(const AggregateId& other) : std::string_view{other}, own_{other.own_} {
        view_own();
    }

    AggregateId(AggregateId&& other) noexcept
        : std::string_view{other}, own_{std::move(other.own_)} {
        view_own();
    }

    AggregateId& operator=(AggregateId other) noexcept {
        own_ = std::move(other.own_);
        view({other.data(), other.size()});
        view_own();
        return *this;
    }

    ~AggregateId() = default;

private:
    void view(std::string_view text) noexcept { static_cast<std::string_view&>(*this) = text; }

    void view_own() noexcept {
        if (!own_.empty()) {
            view(own_);
        }
    }

    std::string own_;
};

/// Which events of a type a crash may lose after their publish has returned.
enum class Durability : std::uint8_t {
    committed, ///< none: publish returns after the event is on the disk
    buffered,  ///< the newest ones at a power cut, none if only the process dies
    transient, ///< all: such events are never stored
};

BOOST_DESCRIBE_ENUM(Durability, committed, buffered, transient)

/// Turns the `data` of an event from one version into the next. Takes and returns JSON text.
using Upcaster = std::function<std::string(std::string_view data)>;

/// The run-time description of one event struct: wire name, version, aggregate type, members. There
/// is one per type and process. It is created on first use and lives until the process ends. Any
/// thread may read it.
class EventType {
public:
    /// What the macro BUS_DESCRIBE_EVENT knows about a type. If the aggregate type, aggregate id or
    /// durability is not set, the type takes it from the event that it refines. If it refines none,
    /// the default below applies.
    struct Description {
        std::string_view name{};           ///< the wire name
        std::string_view cpp_name{};       ///< the C++ name with its namespaces
        const void* of_file = nullptr;     ///< set if another file may have this cpp_name too
        std::uint32_t version = 1;         ///< at least 1
        std::string_view aggregate_type{}; ///< by default the first CamelCase word of the name
        AggregateId (*aggregate_id)(const DomainEvent& event) = nullptr; ///< by default none
        std::optional<Durability> durability{};                          ///< by default committed
        std::vector<std::string_view> former_names{}; ///< wire names that the type had before
    };

    /// How to make, copy and destroy an event of this type in memory that the caller owns. libbus
    /// does not know the struct itself. These functions are all that it needs to hold such events,
    /// so a program compiles no more code than this for holding them.
    struct Storage {
        std::uint32_t size = 0;      ///< bytes
        std::uint32_t alignment = 1; ///< bytes
        /// Constructs an event with default values in `memory`. It is stamped, unless an
        /// UnstampedScope exists on this thread.
        DomainEvent* (*make)(void* memory) = nullptr;
        /// Copies the event into `memory`, which has that size and alignment. Throws what copying a
        /// member throws; then no event was constructed.
        DomainEvent* (*copy)(const DomainEvent& event, void* memory) = nullptr;
        /// Ends the event, but does not free its memory.
        void (*destroy)(DomainEvent& event) noexcept = nullptr;
    };

    /// Only the registry calls this; other code uses bus::event_type<T>().
    EventType(std::uint32_t index, const Description& description, const EventType* base,
              const MemberTable& members, const Storage& storage);

    /// The wire name: the name of the struct without its namespace, or what bus::wire_name gives.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// The name in C++, with its namespaces, for messages: `billing::OrderCreatedEvent`.
    [[nodiscard]] std::string_view cpp_name() const noexcept { return cpp_name_; }

    /// Other names that stored events of this type may have: bus::formerly.
    [[nodiscard]] const std::vector<std::string>& former_names() const noexcept {
        return former_names_;
    }

    /// True for the wire name and for each former one.
    [[nodiscard]] bool is_called(std::string_view name) const noexcept;

    /// The version that this program writes and handles; at least 1.
    [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

    /// The type of the aggregate that events of this type belong to: `Order`.
    [[nodiscard]] std::string_view aggregate_type() const noexcept { return aggregate_type_; }

    /// Which events of this type a crash may lose.
    [[nodiscard]] Durability durability() const noexcept { return durability_; }

    /// The number of the type, for arrays indexed by type. Types are numbered from 0 in the order
    /// of their registration; 0 is DomainEvent itself.
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }

    /// The event type that this one derives from; nullptr for DomainEvent.
    [[nodiscard]] const EventType* base() const noexcept { return base_; }

    /// True if this type is `other` or derives from it.
    [[nodiscard]] bool is_a(const EventType& other) const noexcept;

    /// The members that `data` holds. Their offsets count from the start of the DomainEvent.
    [[nodiscard]] const MemberTable& members() const noexcept { return *members_; }

    /// The value of the member that identifies the aggregate; empty if the type names no member.
    /// DomainEvent::aggregate_id() also considers the event's own value.
    [[nodiscard]] AggregateId aggregate_id(const DomainEvent& event) const {
        return aggregate_id_ != nullptr ? aggregate_id_(event) : AggregateId{};
    }

    /// A default-constructed event that is not stamped: its id and time are zero. Throws
    /// std::logic_error for DomainEvent.
    [[nodiscard]] std::shared_ptr<DomainEvent> create() const;
    /// The same, allocated in a block of `memory`.
    [[nodiscard]] std::shared_ptr<DomainEvent> create_in(internal::BlockMemory& memory) const;
    /// A copy of the event, which must be of this type. Throws what copying a member throws, and
    /// std::logic_error for DomainEvent.
    [[nodiscard]] std::shared_ptr<const DomainEvent> copy(const DomainEvent& event) const;

    /// How to make, copy and destroy events of this type. For DomainEvent all functions are null,
    /// since no event is just a DomainEvent.
    [[nodiscard]] const Storage& storage() const noexcept { return storage_; }

    /// The upcaster from `version` to the next version, or nullptr if there is none.
    [[nodiscard]] const Upcaster* upcaster(std::uint32_t version) const;

    /// Throws std::logic_error if the type belongs to another copy of libbus in this process. That
    /// happens if a plugin was linked with a libbus of its own.
    void check_copy() const {
        if (copy_ != &this_copy) [[unlikely]] {
            refuse_copy();
        }
    }

    /// Claims the type's wire names, under which its events are written and read. The first type
    /// that claims a name gets it. Call this before an event of the type leaves its publisher;
    /// after the first call it only reads a flag. Throws std::logic_error that names both types if
    /// another type has the name. Thread safe.
    void use() const {
        if (!in_use_.load(std::memory_order_acquire)) [[unlikely]] {
            use_first();
        }
    }

private:
    friend class internal::EventRegistry;
    friend void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster);

    static const char this_copy; ///< its address identifies this copy of libbus

    [[nodiscard]] std::shared_ptr<DomainEvent> make(internal::BlockMemory* memory) const;
    void use_first() const;
    [[noreturn, gnu::cold]] void refuse_copy() const;

    std::uint32_t index_;
    mutable std::atomic<bool> in_use_{false};
    std::string name_;
    std::string cpp_name_;
    std::vector<std::string> former_names_;
    std::uint32_t version_;
    std::string aggregate_type_;
    AggregateId (*aggregate_id_)(const DomainEvent& event);
    Durability durability_;
    const EventType* base_;
    const char* copy_ = &this_copy;
    const MemberTable* members_;
    Storage storage_;
    std::map<std::uint32_t, Upcaster> upcasters_;
};

/// The type that has, or formerly had, this wire name. If a type already uses the name, that type
/// is returned. If not, and the program describes exactly one type of this name, that type claims
/// the name and is returned. Otherwise the result is nullptr. Thread safe.
const EventType* find_event_type(std::string_view name) noexcept;

/// All event types that this program describes, in order of index, whether they are used or not.
/// Thread safe.
std::vector<const EventType*> known_event_types();

/// Registers how `data` of `version` is turned into `data` of `version + 1`. Call it at start-up,
/// before any event is read. Throws std::logic_error if the version is 0 or not below the type's
/// own, or if it already has an upcaster. upcast.hpp has a form that works on a JSON object. Not
/// thread safe.
void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster);

/// The aggregate type for the name of an event type: the first CamelCase word of the last part of
/// the name, without the suffix `Event`. `OrderFailedEvent` and `sales.OrderFailedEvent` give
/// `Order`.
std::string aggregate_type_of_name(std::string_view event_name);

namespace detail {

/// Registers a type. If another shared library has already registered a type of this C++ name and
/// layout, returns that one. Does not check the names: errors in them are reported when the type is
/// first used. Throws std::bad_alloc, and std::logic_error if the process holds several copies of
/// libbus and too many types.
const EventType& register_event_type(const EventType::Description& description,
                                     const EventType* base, const MemberTable& members,
                                     const EventType::Storage& storage);

/// Call it if find_event_type() returned nullptr for this name: throws std::logic_error if the
/// reason is that several types have the name.
void check_clash(std::string_view name);

/// The type of DomainEvent itself, from which all other types derive.
const EventType& domain_event_type();

} // namespace detail

} // namespace bus
