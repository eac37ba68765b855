#pragma once

#include <bus/event/clock_text.hpp>
#include <bus/event/json_text.hpp>
#include <bus/event/timestamp.hpp>
#include <bus/event/type_name.hpp>
#include <bus/event/uuid.hpp>
#include <bus/event/value_concepts.hpp>

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Which types members of events may have, and the error message for each kind of type that they
/// may not have.
namespace bus {

namespace detail {

template <class T>
inline constexpr bool is_any_duration = false;

template <class Rep, class Period>
inline constexpr bool is_any_duration<std::chrono::duration<Rep, Period>> = true;

template <class T>
inline constexpr bool is_any_time_point = false;

template <class Clock, class Duration>
inline constexpr bool is_any_time_point<std::chrono::time_point<Clock, Duration>> = true;

template <class T>
consteval std::string_view default_tag() {
    if constexpr (std::same_as<T, bool>) {
        return "boolean";
    } else if constexpr (std::integral<T>) {
        return "integer";
    } else if constexpr (std::floating_point<T>) {
        return "number";
    } else if constexpr (std::same_as<T, std::string>) {
        return "text";
    } else if constexpr (MapLike<T>) {
        return "map";
    } else if constexpr (ListLike<T> || SetLike<T> || array_size<T> != 0) {
        return "list";
    } else if constexpr (std::same_as<T, Timestamp>) {
        return "time";
    } else if constexpr (std::same_as<T, Uuid>) {
        return "uuid";
    } else if constexpr (is_any_duration<T>) {
        return "duration";
    } else {
        return own_name(type_name<T>());
    }
}

} // namespace detail

/// The name of T in JSON if T is an alternative of a std::variant. The default is `text`,
/// `integer`, `number`, `boolean`, `list`, `map`, `time`, `uuid` or `duration`, or the name of a
/// struct or enum without its namespace. To choose another name, specialise it:
///
///     template <> inline constexpr std::string_view bus::variant_tag<Card> =
///     "card";
template <class T>
inline constexpr std::string_view variant_tag = detail::default_tag<T>();

namespace detail {

template <class T, class Traits>
using ProxyOf = std::remove_cvref_t<decltype(Traits::to_value(std::declval<const T&>()))>;

template <class T>
consteval bool is_monostate() {
    return type_name<T>() == "std::monostate";
}

/// Why an event cannot hold a type.
enum class Refusal : std::uint8_t {
    none,
    unknown,
    undescribed_enum,
    vector_of_bool,
    map_key,
    duration,
    time_point,
    text_traits,
    same_tags,
    template_tag,
};

template <class T>
inline constexpr bool is_scalar_value =
    (std::integral<T> && sizeof(T) <= 8) || std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::string> || std::same_as<T, Timestamp> || std::same_as<T, Uuid> ||
    std::same_as<T, JsonText> || is_duration<T> || is_system_time<T>;

/// Whether T can be the key of a map, and so the name of a JSON member.
template <class T>
inline constexpr bool
    is_key = TextValue<T> || (std::integral<T> && !std::same_as<T, bool>) ||
             std::same_as<T, std::string> || std::same_as<T, Uuid> || std::same_as<T, Timestamp> ||
             is_duration<T> || is_system_time<T> || std::is_enum_v<T>;

template <class T>
consteval Refusal refusal();

template <class List>
struct RefusalOf;

template <template <class...> class List, class... T>
struct RefusalOf<List<T...>> {
    static consteval Refusal of() {
        Refusal found = Refusal::none;
        ((found = found == Refusal::none && !is_monostate<T>() ? refusal<T>() : found), ...);
        if (found == Refusal::none) {
            const std::array<std::string_view, sizeof...(T)> tags{variant_tag<T>...};
            for (std::size_t i = 0; i < tags.size(); ++i) {
                if (tags[i].find('<') != std::string_view::npos) {
                    return Refusal::template_tag;
                }
                for (std::size_t j = 0; j < i; ++j) {
                    if (tags[i] == tags[j]) {
                        return Refusal::same_tags;
                    }
                }
            }
        }
        return found;
    }
};

template <class T>
consteval Refusal map_refusal() {
    if constexpr (!is_key<typename T::key_type>) {
        return Refusal::map_key;
    } else {
        return refusal<typename T::key_type>() != Refusal::none
                   ? refusal<typename T::key_type>()
                   : refusal<typename T::mapped_type>();
    }
}

template <class T>
consteval Refusal pair_refusal() {
    return refusal<typename T::first_type>() != Refusal::none ? refusal<typename T::first_type>()
                                                              : refusal<typename T::second_type>();
}

template <class T>
consteval Refusal refusal() {
    if constexpr (TextValue<T> || is_scalar_value<T>) {
        return Refusal::none;
    } else if constexpr (requires { sizeof(TextTraits<T>); }) {
        return Refusal::text_traits;
    } else if constexpr (ProxyValue<T>) {
        return refusal<ProxyOf<T, ValueTraits<T>>>();
    } else if constexpr (std::is_enum_v<T>) {
        return boost::describe::has_describe_enumerators<T>::value ? Refusal::none
                                                                   : Refusal::undescribed_enum;
    } else if constexpr (is_any_duration<T>) {
        return Refusal::duration;
    } else if constexpr (is_any_time_point<T>) {
        return Refusal::time_point;
    } else if constexpr (std::same_as<T, std::vector<bool>>) {
        return Refusal::vector_of_bool;
    } else if constexpr (MapLike<T>) {
        return map_refusal<T>();
    } else if constexpr (IsOptional<T>::value || ListLike<T> || array_size<T> != 0 || SetLike<T>) {
        return refusal<typename T::value_type>();
    } else if constexpr (is_pair<T>) {
        return pair_refusal<T>();
    } else if constexpr (VariantLike<T>) {
        return RefusalOf<typename AlternativesOf<T>::Type>::of();
    } else {
        return boost::describe::has_describe_members<T>::value ? Refusal::none : Refusal::unknown;
    }
}

/// True if an event can hold a T; does not compile if not, and a sentence says why.
template <class T>
consteval bool check_value() {
    constexpr Refusal why = refusal<T>();
    static_assert(why != Refusal::undescribed_enum,
                  "libbus: an enum inside an event is written by name: describe it with "
                  "BOOST_DESCRIBE_ENUM(Type, values...)");
    static_assert(why != Refusal::vector_of_bool,
                  "libbus: std::vector<bool> has no elements to point at; use "
                  "another type");
    static_assert(why != Refusal::map_key,
                  "libbus: the keys of a map are names in JSON: use std::string, "
                  "an integer, a "
                  "described enum, Uuid, a time, or a type that is text by "
                  "bus::TextTraits");
    static_assert(why != Refusal::duration,
                  "libbus: a duration inside an event has integers and is one of "
                  "weeks, days, "
                  "hours, minutes, seconds and their parts down to nanoseconds: "
                  "use for example "
                  "std::chrono::milliseconds");
    static_assert(why != Refusal::time_point,
                  "libbus: a time inside an event is of std::chrono::system_clock, in "
                  "integers of "
                  "64 bits: times of other clocks mean nothing to another process; use "
                  "bus::Timestamp");
    static_assert(why != Refusal::text_traits,
                  "libbus: bus::TextTraits of this type have neither to_text(const T&) and "
                  "from_text(std::string_view) -> std::optional<T>, nor max_chars, write "
                  "and read");
    static_assert(why != Refusal::same_tags,
                  "libbus: two alternatives of this std::variant have one name "
                  "in JSON: give one "
                  "of them its own with bus::variant_tag<Alternative>");
    static_assert(why != Refusal::template_tag,
                  "libbus: an alternative of this std::variant is a template, "
                  "whose name each "
                  "compiler spells its own way: give it one with "
                  "bus::variant_tag<Alternative>");
    static_assert(why != Refusal::unknown,
                  "libbus: an event cannot hold a member of this type: use bool, an "
                  "integer, "
                  "float, double, std::string, Timestamp, Uuid, JsonText, a duration, a "
                  "described "
                  "enum or struct, std::optional, std::vector, std::array, std::map, "
                  "std::set, "
                  "std::variant or std::pair of these, or specialise bus::TextTraits or "
                  "bus::ValueTraits for it");
    return why == Refusal::none;
}

} // namespace detail

} // namespace bus
