#pragma once

#include <bus/event/value_description.hpp>
#include <bus/event/value_refusal.hpp>

#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bus {

// The tables here and below are hidden, so each shared library has tables of its own: structs of
// the same name in two libraries do not share one by mistake. Equal structs are recognized when
// they are registered.
template <class T>
[[gnu::visibility("hidden")]] const MemberTable& member_table();

namespace detail {

template <class T>
consteval Kind integer_kind() {
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
    case 1: return is_signed ? Kind::int8 : Kind::uint8;
    case 2: return is_signed ? Kind::int16 : Kind::uint16;
    case 4: return is_signed ? Kind::int32 : Kind::uint32;
    default: return is_signed ? Kind::int64 : Kind::uint64;
    }
}

/// The traits' description of a valid text, for messages; empty if they have none.
template <class Traits, class T>
consteval std::string_view expected_text() {
    if constexpr (requires { Traits::expected; }) {
        return Traits::expected;
    } else {
        return {};
    }
}

template <class T, class Traits>
[[gnu::visibility("hidden")]] inline constexpr TextOps character_ops{
    expected_text<Traits, T>(),
    type_name<T>(),
    Traits::max_chars,
    [](const void* value, char* out) -> std::size_t {
        return Traits::write(*static_cast<const T*>(value), out);
    },
    nullptr,
    [](std::string_view text, void* value) -> bool {
        return Traits::read(text, *static_cast<T*>(value));
    }};

template <class T>
std::string text_by_traits(const T& value) {
    if constexpr (SimpleText<T>) {
        return std::string{std::string_view{TextTraits<T>::to_text(value)}};
    } else {
        return std::string{std::string_view{to_text(value)}};
    }
}

template <class T>
std::optional<T> value_by_traits(std::string_view text) {
    if constexpr (SimpleText<T>) {
        return TextTraits<T>::from_text(text);
    } else {
        return T::from_text(text);
    }
}

template <class T>
[[gnu::visibility("hidden")]] inline constexpr TextOps simple_ops{
    expected_text<TextTraits<T>, T>(),
    type_name<T>(),
    0,
    nullptr,
    [](const void* value) { return text_by_traits(*static_cast<const T*>(value)); },
    [](std::string_view text, void* value) -> bool {
        std::optional<T> read = value_by_traits<T>(text);
        if (read) {
            *static_cast<T*>(value) = *std::move(read);
        }
        return read.has_value();
    }};

template <class T>
[[gnu::visibility("hidden")]] inline constexpr EnumOps enum_ops{
    [](const void* value) -> std::string_view {
        const char* name = boost::describe::enum_to_string(*static_cast<const T*>(value), nullptr);
        return name != nullptr ? std::string_view{name} : std::string_view{};
    },
    [](std::string_view name, void* value) -> bool {
        bool found = false;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
            if (!found && name == d.name) {
                *static_cast<T*>(value) = d.value;
                found = true;
            }
        });
        return found;
    },
    []() -> std::string {
        std::string names;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
            [&](auto d) { names.append(names.empty() ? "" : ", ").append(d.name); });
        return names;
    }};

template <class O>
[[gnu::visibility("hidden")]] inline constexpr OptionalOps optional_ops{
    [](const void* optional) -> const void* {
        const auto& o = *static_cast<const O*>(optional);
        return o ? &*o : nullptr;
    },
    [](void* optional) -> void* { return &static_cast<O*>(optional)->emplace(); },
    [](void* optional) { static_cast<O*>(optional)->reset(); }};

/// Sets the value, which is of this type, from the key of a map. Returns false if the key is not a
/// valid value.
bool read_key(const ValueType& type, void* value, std::string_view key);
/// The value, which is of this type, as text, such as the key of a map. Throws CodecError.
std::string text_of(const ValueType& type, const void* value);
/// Sorts pointers to values.
void sort_pointers(std::vector<const void*>& pointers, bool (*before)(const void*, const void*));

template <class L>
[[gnu::visibility("hidden")]] inline constexpr ListOps list_ops{
    [](const void* list) { return static_cast<const L*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
        return &(*static_cast<const L*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<L*>(list)->emplace_back(); },
    [](void* list) { static_cast<L*>(list)->clear(); }};

template <class Key>
concept Ordered = requires(const Key& a, const Key& b) {
    a < b;
};

template <class M>
void visit_map(const void* map, void* context, MapOps::Visit visit) {
    const auto& entries = *static_cast<const M*>(map);
    using Entry = typename M::value_type;
    using Key = typename M::key_type;
    if constexpr (!requires { typename M::key_compare; } && Ordered<Key>) {
        // Sorted, so that equal maps have equal text.
        std::vector<const void*> sorted;
        for (const Entry& entry : entries) {
            sorted.push_back(&entry);
        }
        sort_pointers(sorted, [](const void* a, const void* b) {
            return static_cast<const Entry*>(a)->first < static_cast<const Entry*>(b)->first;
        });
        for (const void* each : sorted) {
            const Entry& entry = *static_cast<const Entry*>(each);
            visit(context, &entry.first, &entry.second);
        }
    } else {
        for (const Entry& entry : entries) {
            visit(context, &entry.first, &entry.second);
        }
    }
}

template <class T>
constexpr ValueType make_value_type();

} // namespace detail

/// The description of T. If an event cannot hold a T, it does not compile, and a sentence says why.
template <class T>
[[gnu::visibility("hidden")]] inline constexpr ValueType value_type = detail::make_value_type<T>();

namespace detail {

template <class M>
[[gnu::visibility("hidden")]] inline constexpr MapOps map_ops{
    &value_type<typename M::key_type>, &visit_map<M>,
    [](void* map, std::string_view key) -> void* {
        auto& entries = *static_cast<M*>(map);
        using Key = typename M::key_type;
        if constexpr (std::same_as<Key, std::string>) {
            return &entries[std::string{key}];
        } else {
            Key read{};
            return read_key(value_type<Key>, &read, key) ? &entries[std::move(read)] : nullptr;
        }
    },
    [](void* map) { static_cast<M*>(map)->clear(); }};

template <class V, class List>
struct [[gnu::visibility("hidden")]] Alternatives;

template <class V, template <class...> class List, class... T>
struct [[gnu::visibility("hidden")]] Alternatives<V, List<T...>> {
    template <class A>
    static constexpr const ValueType* type() {
        if constexpr (is_monostate<A>()) {
            return nullptr;
        } else {
            return &value_type<A>;
        }
    }

    static constexpr std::array<VariantOps::Alternative, sizeof...(T)> all{
        VariantOps::Alternative{variant_tag<T>, type<T>()}...};

    template <std::size_t Index>
    static void* emplace(V & variant) {
        return &variant.template emplace<Index>();
    }

    template <std::size_t... Index>
    static void* emplace(V & variant, std::size_t index, std::index_sequence<Index...> /*all*/) {
        constexpr std::array<void* (*)(V&), sizeof...(T)> by_index{&emplace<Index>...};
        return by_index[index](variant);
    }

    template <std::size_t... Index>
    static const void* get(const V& variant, std::index_sequence<Index...> /*all*/) {
        const void* held = nullptr;
        ((held = held == nullptr ? get_if<Index>(&variant) : held), ...);
        return held;
    }
};

template <class V>
[[gnu::visibility("hidden")]] inline constexpr VariantOps variant_ops{
    Alternatives<V, typename AlternativesOf<V>::Type>::all.data(),
    Alternatives<V, typename AlternativesOf<V>::Type>::all.size(),
    [](const void* variant) { return static_cast<const V*>(variant)->index(); },
    [](const void* variant) -> const void* {
        using List = typename AlternativesOf<V>::Type;
        return Alternatives<V, List>::get(
            *static_cast<const V*>(variant),
            std::make_index_sequence<boost::mp11::mp_size<List>::value>{});
    },
    [](void* variant, std::size_t index) -> void* {
        using List = typename AlternativesOf<V>::Type;
        return Alternatives<V, List>::emplace(
            *static_cast<V*>(variant), index,
            std::make_index_sequence<boost::mp11::mp_size<List>::value>{});
    }};

/// ValueTraits of a std::set: it is written as a sorted list.
template <class T>
struct SetProxy {
    static std::vector<typename T::key_type> to_value(const T& set) {
        using Key = typename T::key_type;
        if constexpr (!requires { typename T::key_compare; } && Ordered<Key>) {
            std::vector<const void*> sorted;
            for (const Key& key : set) {
                sorted.push_back(&key);
            }
            sort_pointers(sorted, [](const void* a, const void* b) {
                return *static_cast<const Key*>(a) < *static_cast<const Key*>(b);
            });
            std::vector<Key> list;
            for (const void* key : sorted) {
                list.push_back(*static_cast<const Key*>(key));
            }
            return list;
        } else {
            return {set.begin(), set.end()};
        }
    }

    static T from_value(std::vector<typename T::key_type> list) {
        T set;
        for (auto& key : list) {
            set.insert(std::move(key));
        }
        return set;
    }
};

template <class T>
struct ArrayProxy {
    static std::vector<typename T::value_type> to_value(const T& array) {
        return {array.begin(), array.end()};
    }

    static T from_value(std::vector<typename T::value_type> list) {
        if (list.size() != array_size<T>) {
            throw std::invalid_argument{"expected a list of " + std::to_string(array_size<T>) +
                                        " values, found one of " + std::to_string(list.size())};
        }
        T array{};
        std::move(list.begin(), list.end(), array.begin());
        return array;
    }
};

template <class T, class Traits>
[[gnu::visibility("hidden")]] inline constexpr ProxyOps proxy_ops{
    [](const void* value, void* context, ProxyOps::Visit visit) {
        const auto& proxy = Traits::to_value(*static_cast<const T*>(value));
        visit(context, &proxy);
    },
    []() -> void* { return std::make_unique<ProxyOf<T, Traits>>().release(); },
    [](void* proxy) noexcept {
        const std::unique_ptr<ProxyOf<T, Traits>> owner{static_cast<ProxyOf<T, Traits>*>(proxy)};
    },
    [](void* proxy, void* value) -> std::string {
        try {
            std::optional<T> made =
                Traits::from_value(std::move(*static_cast<ProxyOf<T, Traits>*>(proxy)));
            if (!made) {
                return "this is not a value of " + std::string{type_name<T>()};
            }
            *static_cast<T*>(value) = *std::move(made);
            return {};
        } catch (const std::exception& error) {
            return error.what();
        }
    }};

template <class P>
[[gnu::visibility("hidden")]] const MemberTable& pair_table() {
    static const MemberTable& table = []() -> const MemberTable& {
        auto result = std::make_unique<MemberTable>();
        const P instance{};
        const auto* const start = reinterpret_cast<const char*>(&instance);
        const auto add = [&](std::string_view name, const auto& member) {
            const auto* const place = reinterpret_cast<const char*>(&member);
            result->add(name, static_cast<std::size_t>(place - start),
                        value_type<std::remove_cvref_t<decltype(member)>>);
        };
        add("first", instance.first);
        add("second", instance.second);
        return *result.release();
    }();
    return table;
}

constexpr ValueType plain(Kind kind) {
    return {.kind = kind, .element = nullptr, .none = nullptr};
}

template <class T>
constexpr ValueType make_scalar_type() {
    if constexpr (CharacterText<T>) {
        return {.kind = Kind::text, .element = nullptr, .text = &character_ops<T, TextTraits<T>>};
    } else if constexpr (TextValue<T>) {
        return {.kind = Kind::text, .element = nullptr, .text = &simple_ops<T>};
    } else if constexpr (std::same_as<T, bool>) {
        return plain(Kind::boolean);
    } else if constexpr (std::integral<T>) {
        return plain(integer_kind<T>());
    } else if constexpr (std::same_as<T, float>) {
        return plain(Kind::float32);
    } else if constexpr (std::same_as<T, double>) {
        return plain(Kind::float64);
    } else if constexpr (std::same_as<T, std::string>) {
        return plain(Kind::string);
    } else if constexpr (std::same_as<T, Timestamp>) {
        return plain(Kind::timestamp);
    } else if constexpr (std::same_as<T, Uuid>) {
        return plain(Kind::uuid);
    } else if constexpr (std::same_as<T, JsonText>) {
        return plain(Kind::json);
    } else if constexpr (is_duration<T>) {
        return {.kind = Kind::text, .element = nullptr, .text = &character_ops<T, DurationText<T>>};
    } else {
        return {
            .kind = Kind::text, .element = nullptr, .text = &character_ops<T, SystemTimeText<T>>};
    }
}

template <class T, class Traits>
constexpr ValueType make_proxy_type() {
    return {.kind = Kind::proxy,
            .element = &value_type<ProxyOf<T, Traits>>,
            .proxy = &proxy_ops<T, Traits>};
}

template <class T>
constexpr ValueType make_value_type() {
    if constexpr (!check_value<T>()) {
        return plain(Kind::boolean); // never reached: check_value() did not compile
    } else if constexpr (TextValue<T> || is_scalar_value<T>) {
        return make_scalar_type<T>();
    } else if constexpr (ProxyValue<T>) {
        return make_proxy_type<T, ValueTraits<T>>();
    } else if constexpr (std::is_enum_v<T>) {
        return {.kind = Kind::enumeration, .element = nullptr, .enumeration = &enum_ops<T>};
    } else if constexpr (IsOptional<T>::value) {
        return {.kind = Kind::optional,
                .element = &value_type<typename T::value_type>,
                .optional = &optional_ops<T>};
    } else if constexpr (MapLike<T>) {
        return {
            .kind = Kind::map, .element = &value_type<typename T::mapped_type>, .map = &map_ops<T>};
    } else if constexpr (ListLike<T>) {
        return {.kind = Kind::list,
                .element = &value_type<typename T::value_type>,
                .list = &list_ops<T>};
    } else if constexpr (array_size<T> != 0) {
        return make_proxy_type<T, ArrayProxy<T>>();
    } else if constexpr (SetLike<T>) {
        return make_proxy_type<T, SetProxy<T>>();
    } else if constexpr (is_pair<T>) {
        return {.kind = Kind::object, .element = nullptr, .object = &pair_table<T>};
    } else if constexpr (VariantLike<T>) {
        return {.kind = Kind::variant, .element = nullptr, .variant = &variant_ops<T>};
    } else {
        return {.kind = Kind::object, .element = nullptr, .object = &member_table<T>};
    }
}

} // namespace detail

} // namespace bus
