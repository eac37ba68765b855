#pragma once

#include <bus/event/event_options.hpp>
#include <bus/event/event_type.hpp>
#include <bus/event/internal/describe_members.hpp>
#include <bus/event/text.hpp>
#include <bus/event/type_name.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace bus {

namespace detail {

/// Holds the type of an event. Assignment does not change it: an event keeps its own type, even if
/// an event of another type is assigned to it.
class TypeMark {
public:
    explicit TypeMark(const EventType& type) noexcept : type_{&type} {}

    TypeMark(const TypeMark&) = default;

    // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): it does nothing
    TypeMark& operator=(const TypeMark& /*other*/) noexcept { return *this; }

    ~TypeMark() = default;

    void set(const EventType& type) noexcept { type_ = &type; }

    [[nodiscard]] const EventType& get() const noexcept { return *type_; }

private:
    const EventType* type_;
};

} // namespace detail

/// The common base of all events, with the members that every event has. An event is an immutable
/// fact. An event type is a struct that derives from Event<Itself> and is described:
///
///     struct OrderCreatedEvent : bus::Event<OrderCreatedEvent> {
///         std::string order_id;
///         std::string marketplace;
///     };
///     BUS_DESCRIBE_EVENT(OrderCreatedEvent, (order_id, marketplace),
///                        bus::aggregate_id<&OrderCreatedEvent::order_id>)
///
/// An event gets an id and a time when it is constructed. Set its members before you publish it,
/// and only read them afterwards: like any plain struct, an event has no lock.
///
/// A derived struct may have members with the same names as those of DomainEvent. They hide the
/// members of DomainEvent but do not replace them: code that has a DomainEvent& still uses these.
class DomainEvent {
public:
    Uuid event_id{};       ///< UUIDv7, from the ambient environment
    Uuid causation_id{};   ///< id of the event that caused this one; zero for a first cause
    Timestamp occurred_at; ///< UTC, microseconds
    Text execution_id;     ///< the workflow run that it belongs to; may be empty
    Text user_id;          ///< the user on whose behalf it happened; may be empty
    Text own_aggregate_id; ///< if not empty, replaces the value of the member that the type names

    /// The type of the event. Through a reference to a base it is still the event's own type.
    [[nodiscard]] const EventType& type() const noexcept { return type_.get(); }

    /// The wire name of the type, such as `OrderCreatedEvent`.
    [[nodiscard]] std::string_view event_type() const noexcept { return type().name(); }

    /// The version of the event's type; at least 1.
    [[nodiscard]] std::uint32_t event_version() const noexcept { return type().version(); }

    /// The aggregate type, such as `Order`.
    [[nodiscard]] std::string_view aggregate_type() const noexcept {
        return type().aggregate_type();
    }

    /// The aggregate's id: `own_aggregate_id` if it is not empty, else the value of the member that
    /// the type names (bus::aggregate_id); empty if the type names none. Keep the returned object,
    /// or copy it into a std::string. Do not keep a std::string_view of it: if the member is not a
    /// std::string, the returned object owns the text. If turning such a member into text throws,
    /// aggregate_id throws the same exception.
    [[nodiscard]] AggregateId aggregate_id() const {
        if (own_aggregate_id.empty()) {
            return type().aggregate_id(*this);
        }
        return own_aggregate_id.view();
    }

protected:
    /// Gives the event an id and a time, unless an UnstampedScope exists on this thread.
    DomainEvent();
    DomainEvent(const DomainEvent&) = default;
    DomainEvent(DomainEvent&&) = default;
    DomainEvent& operator=(const DomainEvent&) = default;
    DomainEvent& operator=(DomainEvent&&) = default;
    ~DomainEvent() = default;

    /// Sets what type() returns; bus::Event calls it.
    void set_type(const EventType& type) noexcept { type_.set(type); }

private:
    detail::TypeMark type_;
};

static_assert(sizeof(void*) != 8 || sizeof(DomainEvent) == 72,
              "an event is copied for each agent that takes it: keep it small");

template <class T>
const EventType& event_type();

namespace detail {

/// The type of T. Unlike event_type(), it does not claim the wire name for T.
template <class T>
const EventType& registered_type();

/// The type of T once it is registered, else nullptr. Each shared library has a slot of its own:
/// see value_ops.hpp.
template <class T>
[[gnu::visibility("hidden")]] inline std::atomic<const EventType*> event_type_slot{nullptr};

/// The type of T. While this thread registers T, it makes an instance to measure it; that instance
/// gets the type of DomainEvent.
template <class T>
const EventType& event_type_while_made();

/// Gives the event a new id and the current time, unless an UnstampedScope exists on this thread.
void stamp(DomainEvent& event);

} // namespace detail

/// The base of every event struct T. `Base` is DomainEvent, or the event struct that T refines.
template <class T, class Base = DomainEvent>
struct Event : Base {
    using EventSelf = T;    ///< the struct that was derived from this base
    using EventBase = Base; ///< DomainEvent, or the event that T refines

    /// A new event of type T with an id and a time of its own.
    Event() {
        static_assert(std::derived_from<T, Event>,
                      "libbus: an event derives from bus::Event of itself: write `struct X : "
                      "bus::Event<X>`, with the struct's own name");
        set_own_type();
    }

    /// Makes an event of a type that refines another type, in one expression:
    /// `CardChargedEvent{PaymentEvent{{}, "O-1"}, "visa"}`. The new event has an id and a time of
    /// its own. Its execution, user and cause are those of `base`.
    // NOLINTNEXTLINE(google-explicit-constructor): it stands for the braces of the base
    Event(Base base) requires(!std::same_as<Base, DomainEvent>) : Base(std::move(base)) {
        set_own_type();
        detail::stamp(*this);
    }

    // The copy has type T even if `other` is the base of a refined event: then only that base is
    // copied.
    Event(const Event& other) : Base(other) { set_own_type(); }

    Event(Event&& other) noexcept(std::same_as<Base, DomainEvent> ||
                                  std::is_nothrow_move_constructible_v<Base>)
        : Base(std::move(other)) {
        set_own_type();
    }

    Event& operator=(const Event&) = default;
    Event& operator=(Event&&) noexcept(std::same_as<Base, DomainEvent> ||
                                       std::is_nothrow_move_assignable_v<Base>) = default;
    ~Event() = default;

private:
    void set_own_type() {
        const EventType* type = detail::event_type_slot<T>.load(std::memory_order_acquire);
        this->DomainEvent::set_type(type != nullptr ? *type : detail::event_type_while_made<T>());
    }
};

/// A struct that derives from bus::Event<Itself>. To be published, it must also be described.
template <class T>
concept EventStruct = std::derived_from<T, DomainEvent> && requires {
    requires std::same_as<typename T::EventSelf, T>;
};

/// A type that handlers may take: an event struct, or DomainEvent, the common base of all events.
template <class T>
concept AnyEventStruct = EventStruct<T> || std::same_as<T, DomainEvent>;

namespace detail {

/// Converts to a pointer to T, but not to a pointer to a base of T. So a function that accepts an
/// ExactPointer was written for T itself.
template <class T>
struct ExactPointer {
    template <std::same_as<T> U>
    operator const U*() const;
};

/// True for a struct that has the form of an event; does not compile for any other type.
template <class T>
consteval bool check_event_struct() {
    if constexpr (EventStruct<T>) {
        static_assert(!std::is_abstract_v<T>,
                      "libbus: an event is made when it is read: this struct has functions without "
                      "a body");
        static_assert(std::copy_constructible<T> || std::is_abstract_v<T>,
                      "libbus: an event is copied into stores and mailboxes: its members must be "
                      "copyable");
        return std::copy_constructible<T>;
    } else if constexpr (std::derived_from<T, DomainEvent>) {
        static_assert(never<T>, "libbus: an event derives from bus::Event of itself: write `struct "
                                "X : bus::Event<X>`, with the struct's own name, or `bus::Event<X, "
                                "Base>` if it refines another event");
        return false;
    } else {
        static_assert(never<T>, "libbus: this type is not an event: write `struct X : "
                                "bus::Event<X>`, and BUS_DESCRIBE_EVENT(X, (member, ...)) after "
                                "it");
        return false;
    }
}

template <class T>
concept DescribedEvent = requires {
    bus_describe_event(ExactPointer<T>{});
};

/// True for an event struct that is described; does not compile for any other type.
template <class T>
consteval bool check_described() {
    if constexpr (!check_event_struct<T>()) {
        return false;
    } else if constexpr (DescribedEvent<T>) {
        return true;
    } else {
        static_assert(never<T>, "libbus: this event is not described: write BUS_DESCRIBE_EVENT("
                                "Type, (member, ...), options...) right after the struct, in its "
                                "namespace");
        return false;
    }
}

/// True if name lookup finds the description that was just written; otherwise does not compile.
template <class T>
consteval bool check_place_of_description() {
    static_assert(DescribedEvent<T>,
                  "libbus: BUS_DESCRIBE_EVENT stands in the namespace of the event, not in a "
                  "class: for an event inside a class, write BUS_DESCRIBE_EVENT(Class::Event, "
                  "(member, ...)) after the class");
    return DescribedEvent<T>;
}

/// True for an event that is described, and for DomainEvent; does not compile for any other type.
template <class T>
consteval bool check_event() {
    if constexpr (std::same_as<T, DomainEvent>) {
        return true;
    } else {
        return check_described<T>();
    }
}

/// False for DomainEvent, true for an event; does not compile for any other type.
template <class T>
consteval bool has_own_type() {
    if constexpr (std::same_as<T, DomainEvent>) {
        return false;
    } else {
        return check_described<T>();
    }
}

} // namespace detail

/// Returns the event as a T if its type is T or derives from T; else nullptr. Thread safe.
template <class T>
const T* event_cast(const DomainEvent& event) noexcept {
    if constexpr (detail::check_event<T>()) {
        return event.type().is_a(detail::registered_type<T>()) ? static_cast<const T*>(&event)
                                                               : nullptr;
    } else {
        return nullptr;
    }
}

/// The id and the time that an event gets when it is constructed.
struct EventStamp {
    Uuid event_id{};         ///< UUIDv7
    Timestamp occurred_at{}; ///< UTC, microseconds
};

/// Returns a new id and the current time, both from the ambient environment (see Environment).
/// Thread safe.
EventStamp new_stamp();

/// Returns a copy of the event with a new id and the current time. If copying a member throws,
/// stamped_copy throws the same exception. Thread safe.
std::shared_ptr<const DomainEvent> stamped_copy(const DomainEvent& event);

/// While an object of this class exists, events that its thread constructs are not stamped: their
/// id and time stay zero. It is meant for code that sets both itself, such as the codec. Scopes may
/// be nested.
class UnstampedScope {
public:
    /// Stops the stamping of events on this thread.
    UnstampedScope() noexcept;
    UnstampedScope(const UnstampedScope&) = delete;
    UnstampedScope& operator=(const UnstampedScope&) = delete;
    ~UnstampedScope();

private:
    bool previous_;
};

namespace detail {

template <class T, class... Options>
EventType::Description describe_event(std::string_view name, Options... options) {
    constexpr std::string_view cpp_name = type_name<T>();
    EventType::Description description{.name = own_name(name), .cpp_name = cpp_name};
    if constexpr (is_of_one_file(cpp_name)) {
        description.of_file = &event_type_slot<T>;
    }
    (apply<T>(description, options), ...);
    return description;
}

/// Marks that this thread is registering a type. Registration makes an instance to measure the
/// type; that instance must not ask for the type, which does not exist yet.
class RegisteringScope {
public:
    RegisteringScope() noexcept;
    RegisteringScope(const RegisteringScope&) = delete;
    RegisteringScope& operator=(const RegisteringScope&) = delete;
    ~RegisteringScope();
    static bool active() noexcept;

private:
    UnstampedScope unstamped_;
    bool previous_;
};

template <class T>
EventType::Storage storage_of() {
    return {
        .size = sizeof(T),
        .alignment = alignof(T),
        .make = [](void* memory) -> DomainEvent* {
            return std::construct_at(static_cast<T*>(memory));
        },
        .copy = [](const DomainEvent& event, void* memory) -> DomainEvent* {
            return std::construct_at(static_cast<T*>(memory), static_cast<const T&>(event));
        },
        .destroy = [](DomainEvent& event) noexcept { std::destroy_at(&static_cast<T&>(event)); }};
}

template <class T>
const EventType& register_event() {
    using Base = typename T::EventBase;
    const EventType& base = registered_type<Base>();
    const RegisteringScope registering;
    const EventType::Description description = bus_describe_event(static_cast<const T*>(nullptr));
    const MemberTable& members = member_table<T>();
    return register_event_type(description, &base, members, storage_of<T>());
}

} // namespace detail

template <class T>
const EventType& detail::registered_type() {
    if constexpr (!has_own_type<T>()) {
        return domain_event_type();
    } else {
        if (const EventType* type = event_type_slot<T>.load(std::memory_order_acquire)) {
            return *type;
        }
        const EventType& type = register_event<T>(); // racing threads get the same one
        event_type_slot<T>.store(&type, std::memory_order_release);
        return type;
    }
}

template <class T>
const EventType& detail::event_type_while_made() {
    return RegisteringScope::active() ? domain_event_type() : registered_type<T>();
}

/// Returns the run-time description of event struct T. The first call claims the wire name for T.
/// Throws std::logic_error if another type already uses the name; the message names both types.
/// Thread safe.
template <class T>
const EventType& event_type() {
    const EventType& type = detail::registered_type<T>();
    type.use();
    return type;
}

namespace detail {

/// Makes a T from its members. If T refines another event, the first argument may be that event.
template <class T>
T make_event() {
    return T{};
}

template <class T, class First, class... Members>
T make_event(First&& first, Members&&... members) {
    if constexpr (std::same_as<std::remove_cvref_t<First>, typename T::EventBase>) {
        return T{std::forward<First>(first), std::forward<Members>(members)...};
    } else {
        return T{{}, std::forward<First>(first), std::forward<Members>(members)...};
    }
}

} // namespace detail

/// Makes an event that `cause` caused, in the same execution and for the same user. `members` are
/// the values of T's members. If T refines another event, that event comes first:
/// `derive<CardChargedEvent>(cause, PaymentEvent{{}, "O-1"}, "visa")`.
template <class T, class... Members>
T derive(const DomainEvent& cause, Members&&... members) {
    if constexpr (detail::check_described<T>()) {
        T event = detail::make_event<T>(std::forward<Members>(members)...);
        DomainEvent& envelope = event; // T may have members of its own with these names
        envelope.execution_id = cause.execution_id;
        envelope.user_id = cause.user_id;
        envelope.causation_id = cause.event_id;
        return event;
    }
}

} // namespace bus

/// Describes an event struct: BUS_DESCRIBE_EVENT(Type, (member, ...), options...). Write it right
/// after the struct, in the same namespace. If the struct is inside a class, write the macro after
/// the class, for `Class::Type`. The options are bus::aggregate_id<&Type::member>, bus::version(n),
/// bus::wire_name("name"), bus::formerly("name", ...), bus::aggregate_type("Name") and
/// bus::durability(bus::Durability::buffered).
#define BUS_DESCRIBE_EVENT(Type, Members, ...)                                                     \
    static_assert(::bus::detail::check_scope(__builtin_FUNCTION()),                                \
                  "libbus: an event is described outside of functions: move the struct and "       \
                  "BUS_DESCRIBE_EVENT into a namespace");                                          \
    static_assert(::bus::detail::count_names(#Members) <= ::bus::detail::most_members,             \
                  "libbus: an event has at most 256 members: put some of them into a described "   \
                  "struct that is a member of the event");                                         \
    static_assert((static_cast<void>(::bus::detail::check_event_struct<Type>()), true));           \
    BUS_DETAIL_DESCRIBE_MEMBERS(Type, Members)                                                     \
    inline ::bus::EventType::Description bus_describe_event(const Type* /*tag*/) {                 \
        return ::bus::detail::describe_event<Type>(#Type __VA_OPT__(, ) __VA_ARGS__);              \
    }                                                                                              \
    static_assert(::bus::detail::check_place_of_description<Type>());                              \
    [[maybe_unused]] static const ::bus::EventType& BUS_DETAIL_UNIQUE(bus_registered_event_) =     \
        ::bus::detail::registered_type<Type>();
