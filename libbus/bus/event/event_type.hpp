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

/// The value that identifies an event's aggregate: a view of a member of the event, or, where the
/// member is no std::string, text made of it, which goes with this object.
class AggregateId : public std::string_view {
public:
    AggregateId() noexcept = default;

    /// A view of what lives elsewhere.
    // NOLINTNEXTLINE(google-explicit-constructor): it is one
    AggregateId(std::string_view text) noexcept : std::string_view{text} {}

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
    /// What the macro BUS_DESCRIBE_EVENT knows of a type. What is not set comes from the event that
    /// the type refines, or else is what the comment says.
    struct Description {
        std::string_view name{};
        std::string_view cpp_name{};   ///< with its namespaces
        const void* of_file = nullptr; ///< set where another file may have another of this cpp_name
        std::uint32_t version = 1;
        std::string_view aggregate_type{}; ///< empty: the first CamelCase word of the name
        AggregateId (*aggregate_id)(const DomainEvent& event) = nullptr; ///< null: it has none
        std::optional<Durability> durability{};                          ///< committed
        std::vector<std::string_view> former_names{};
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

    /// The wire name: the struct's own name, without its namespace, unless it is described with
    /// bus::wire_name.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// The name in C++, with its namespaces, for messages: `billing::OrderCreatedEvent`.
    [[nodiscard]] std::string_view cpp_name() const noexcept { return cpp_name_; }

    /// The names by which stored events of this type may go as well: bus::formerly.
    [[nodiscard]] const std::vector<std::string>& former_names() const noexcept {
        return former_names_;
    }

    /// True for the wire name and for each former one.
    [[nodiscard]] bool is_called(std::string_view name) const noexcept;

    /// The version that this program writes and handles; at least 1.
    [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

    [[nodiscard]] std::string_view aggregate_type() const noexcept { return aggregate_type_; }

    [[nodiscard]] Durability durability() const noexcept { return durability_; }

    /// Dense: types are numbered from 0 in the order of their registration. 0 is DomainEvent
    /// itself.
    [[nodiscard]] std::uint32_t index() const noexcept { return index_; }

    /// The event type that this one derives from; nullptr for DomainEvent.
    [[nodiscard]] const EventType* base() const noexcept { return base_; }

    [[nodiscard]] bool is_a(const EventType& other) const noexcept;

    /// The members that `data` holds; their offsets count from the DomainEvent.
    [[nodiscard]] const MemberTable& members() const noexcept { return *members_; }

    /// The value of the member that names the aggregate, empty where the type has none.
    [[nodiscard]] AggregateId aggregate_id(const DomainEvent& event) const {
        return aggregate_id_ != nullptr ? aggregate_id_(event) : AggregateId{};
    }

    /// A default-constructed event, unstamped: id and time are zero.
    [[nodiscard]] std::shared_ptr<DomainEvent> create() const;
    /// The same in a block of memory.
    [[nodiscard]] std::shared_ptr<DomainEvent> create_in(internal::BlockMemory& memory) const;
    [[nodiscard]] std::shared_ptr<const DomainEvent> copy(const DomainEvent& event) const;

    /// Without functions for DomainEvent, which is no event of its own.
    [[nodiscard]] const Storage& storage() const noexcept { return storage_; }

    /// The upcaster from `version`, or nullptr.
    [[nodiscard]] const Upcaster* upcaster(std::uint32_t version) const;

    /// Throws std::logic_error for a type of another copy of libbus in this process, as in a plugin
    /// that was linked with one of its own.
    void check_copy() const {
        if (copy_ != &this_copy) [[unlikely]] {
            refuse_copy();
        }
    }

    /// Makes sure that events of this type may be written and read under its names: the first type
    /// that is used under a wire name has it. To be called before an event of the type leaves its
    /// publisher's hands; after the first time it costs a look at a flag. Throws std::logic_error
    /// that names both types where another one has the name. Thread safe.
    void use() const {
        if (!in_use_.load(std::memory_order_acquire)) [[unlikely]] {
            use_first();
        }
    }

private:
    friend class internal::EventRegistry;
    friend void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster);

    static const char this_copy; ///< its address

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

/// The type whose events go, or once went, by this wire name: the one that is in use under it, or
/// else the only one that this program describes, which is in use from then on. nullptr: there is
/// none, or there are several. Thread safe.
const EventType* find_event_type(std::string_view name) noexcept;

/// All event types that this program has described, in order of index, whether or not they are in
/// use. Thread safe.
std::vector<const EventType*> known_event_types();

/// Registers how `data` of `version` becomes that of `version + 1`. Call it at start-up, before
/// events are read. Throws std::logic_error where the version is not below the type's own, or
/// already has one. upcast.hpp has the form that works on a JSON object.
void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster);

/// `OrderFailedEvent` and `sales.OrderFailedEvent` give `Order`: the first CamelCase word of the
/// last part of the name, once the suffix `Event` is cut.
std::string aggregate_type_of_name(std::string_view event_name);

namespace detail {

/// Registers a type, or finds it where another shared library has registered it: the one of this
/// C++ name and layout. Throws nothing but what an allocation does; what is wrong with the type is
/// said when it is first used.
const EventType& register_event_type(const EventType::Description& description,
                                     const EventType* base, const MemberTable& members,
                                     const EventType::Storage& storage);

/// For a name that find_event_type knows no type of: throws std::logic_error where that is because
/// several types have it.
void check_clash(std::string_view name);

const EventType& domain_event_type();

} // namespace detail

} // namespace bus
