#pragma once

#include <bus/event/text_traits.hpp>

#include <boost/mp11/list.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Concepts that distinguish the types that members of events may have.
namespace bus::detail {

/// TextTraits in the form that allocates nothing.
template <class T>
concept CharacterText = requires {
    TextTraits<T>::max_chars;
};

/// TextTraits in the simple form.
template <class T>
concept SimpleText = requires(const T& value, std::string_view text) {
    { TextTraits<T>::to_text(value) } -> std::convertible_to<std::string_view>;
    { TextTraits<T>::from_text(text) } -> std::same_as<std::optional<T>>;
};

/// A type that has to_text and from_text of its own.
template <class T>
concept OwnText = std::is_class_v<T> && requires(const T& value, std::string_view text) {
    { to_text(value) } -> std::convertible_to<std::string_view>;
    { T::from_text(text) } -> std::same_as<std::optional<T>>;
};

/// A type that its traits write as one string.
template <class T>
concept TextValue = CharacterText<T> || SimpleText<T> || OwnText<T>;

/// A type that ValueTraits convert to another type.
template <class T>
concept ProxyValue = requires(const T& value) {
    {
        ValueTraits<T>::from_value(ValueTraits<T>::to_value(value))
        } -> std::convertible_to<std::optional<T>>;
};

/// Templates of the standard library are recognized by their members, so this header includes none
/// of them.
template <class T>
concept ListLike = requires(T& list, const T& constant) {
    typename T::value_type;
    { list.emplace_back() } -> std::same_as<typename T::value_type&>;
    { constant[0] } -> std::same_as<const typename T::value_type&>;
    constant.size();
    list.clear();
};

template <class T>
concept MapLike = requires(T& map, typename T::key_type key) {
    { map[key] } -> std::same_as<typename T::mapped_type&>;
    map.clear();
    map.begin()->second;
};

template <class T>
concept SetLike = !MapLike<T> && requires(T & set, typename T::key_type key) {
    requires std::same_as<typename T::key_type, typename T::value_type>;
    set.insert(key).second; // no multiset
    set.clear();
};

template <class T>
inline constexpr std::size_t array_size = 0;

template <template <class, std::size_t> class Array, class T, std::size_t Size>

requires requires(Array<T, Size> array) {
    array.fill(T{});
}

inline constexpr std::size_t array_size<Array<T, Size>> = Size;

template <class T>
inline constexpr bool is_pair = false;

template <class First, class Second>
inline constexpr bool is_pair<std::pair<First, Second>> = true;

template <class T>
struct IsOptional : std::false_type {};

template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

/// The list of the alternatives of a std::variant; void for other types.
template <class T>
struct AlternativesOf {
    using Type = void;
};

template <template <class...> class Variant, class... T>

requires requires(const Variant<T...>& variant) {
    variant.valueless_by_exception();
    variant.index();
}

struct AlternativesOf<Variant<T...>> {
    using Type = boost::mp11::mp_list<T...>;
};

template <class T>
concept VariantLike = !std::is_void_v<typename AlternativesOf<T>::Type>;

} // namespace bus::detail
