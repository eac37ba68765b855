#pragma once

#include <bus/event/event_type.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The options of BUS_DESCRIBE_EVENT.
namespace bus {

class DomainEvent;

/// What version() returns.
struct VersionOption {
    std::uint32_t value; ///< at least 1
};

/// What wire_name() returns.
struct WireNameOption {
    std::string_view value{}; ///< not empty
};

/// What formerly() returns.
template <std::size_t Count>
struct FormerNamesOption {
    std::array<std::string_view, Count> values; ///< wire names
};

/// What aggregate_type() returns.
struct AggregateTypeOption {
    std::string_view value{}; ///< the name of the aggregate type
};

/// What durability() returns.
struct DurabilityOption {
    Durability value; ///< how durable events of the type are
};

/// The type of aggregate_id.
template <auto Member>
struct AggregateIdOption {};

/// The version that the program writes, at least 1. The default is 1.
constexpr VersionOption version(std::uint32_t value) {
    return {value};
}

/// The name in the wire format and in stores, if it differs from the name of the struct:
/// `bus::wire_name("billing.Created")`. Must not be empty.
constexpr WireNameOption wire_name(std::string_view value) {
    return {value};
}

/// The wire names that the type had before, in any order: `bus::formerly("OrderOldEvent",
/// "OrderOlderEvent")`. Stored events with these names are read as events of this type, and its
/// versions and upcasters apply to them. New events are written with the new name. No other type of
/// the program may have one of these names.
template <std::convertible_to<std::string_view>... Names>
constexpr FormerNamesOption<sizeof...(Names)> formerly(const Names&... names) {
    return {{std::string_view{names}...}};
}

/// The aggregate type, if it is not the first CamelCase word of the name.
constexpr AggregateTypeOption aggregate_type(std::string_view value) {
    return {value};
}

/// What a crash may lose. The default is that of the event that the type refines, else
/// Durability::committed.
constexpr DurabilityOption durability(Durability value) {
    return {value};
}

/// The member that identifies the aggregate: `bus::aggregate_id<&X::order_id>`. It is a
/// std::string, a Uuid, or a type that bus::TextTraits turns into text.
template <auto Member>
inline constexpr AggregateIdOption<Member> aggregate_id{};

namespace detail {

template <class T>
inline constexpr bool never = false;

template <class T>
void apply(EventType::Description& to, VersionOption option) {
    to.version = option.value;
}

template <class T>
void apply(EventType::Description& to, WireNameOption option) {
    to.name = option.value;
}

template <class T, std::size_t Count>
void apply(EventType::Description& to, const FormerNamesOption<Count>& option) {
    to.former_names.insert(to.former_names.end(), option.values.begin(), option.values.end());
}

template <class T>
void apply(EventType::Description& to, AggregateTypeOption option) {
    to.aggregate_type = option.value;
}

template <class T>
void apply(EventType::Description& to, DurabilityOption option) {
    to.durability = option.value;
}

template <class T, auto Member>
void apply(EventType::Description& to, AggregateIdOption<Member> /*option*/) {
    if constexpr (!requires(const T& t) { t.*Member; }) {
        static_assert(never<T>, "libbus: the member that names the aggregate must be one of the "
                                "event itself: write bus::aggregate_id<&Type::member>");
    } else {
        using Value = std::remove_cvref_t<decltype(std::declval<const T&>().*Member)>;
        if constexpr (std::same_as<Value, std::string>) {
            to.aggregate_id = [](const DomainEvent& event) {
                return AggregateId{static_cast<const T&>(event).*Member};
            };
        } else if constexpr (TextValue<Value> || std::same_as<Value, Uuid>) {
            to.aggregate_id = [](const DomainEvent& event) {
                return AggregateId::made(
                    text_of(value_type<Value>, &(static_cast<const T&>(event).*Member)));
            };
        } else {
            static_assert(never<T>, "libbus: the member that names the aggregate must be a "
                                    "std::string, a Uuid, or text by bus::TextTraits");
        }
    }
}

} // namespace detail

} // namespace bus
