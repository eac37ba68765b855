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

struct VersionOption {
    std::uint32_t value;
};

struct WireNameOption {
    std::string_view value{};
};

template <std::size_t Count>
struct FormerNamesOption {
    std::array<std::string_view, Count> values;
};

struct AggregateTypeOption {
    std::string_view value{};
};

struct DurabilityOption {
    Durability value;
};

template <auto Member>
struct AggregateIdOption {};

/// The version that the program writes; 1 unless said.
constexpr VersionOption version(std::uint32_t value) {
    return {value};
}

/// The name in the wire format and in stores, where it is not the struct's own:
/// `bus::wire_name("billing.Created")`.
constexpr WireNameOption wire_name(std::string_view value) {
    return {value};
}

/// The wire names that the type had before, newest or oldest first: `bus::formerly("OrderOldEvent",
/// "OrderOlderEvent")`. Stored events of these names are read as events of this type, by its
/// versions and upcasters; what is written has the new name. No other type of the program may have
/// one of them.
template <std::convertible_to<std::string_view>... Names>
constexpr FormerNamesOption<sizeof...(Names)> formerly(const Names&... names) {
    return {{std::string_view{names}...}};
}

/// The aggregate type, where it is not the first word of the name.
constexpr AggregateTypeOption aggregate_type(std::string_view value) {
    return {value};
}

/// What a crash may take; Durability::committed unless said.
constexpr DurabilityOption durability(Durability value) {
    return {value};
}

/// The member that identifies the aggregate, a std::string, Uuid, or a type that is text by
/// bus::TextTraits: `bus::aggregate_id<&X::order_id>`.
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
