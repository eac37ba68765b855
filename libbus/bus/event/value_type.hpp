#pragma once

#include <bus/event/json_text.hpp>
#include <bus/event/text_traits.hpp>
#include <bus/event/timestamp.hpp>
#include <bus/event/uuid.hpp>

#include <boost/describe/bases.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// The run-time description of the types that members of events may have. The codec walks these
/// tables, so that it is compiled once, and a program that describes events compiles no JSON.
namespace bus {

class DomainEvent;

enum class Kind : std::uint8_t {
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float64,
    string,
    timestamp,
    uuid,
    text,        ///< by TextTraits
    json,        ///< JsonText
    enumeration, ///< a described enum, by name
    optional,
    list,   ///< std::vector
    map,    ///< std::map<std::string, T>
    object, ///< a described struct
};

struct MemberTable;
struct ValueType;

struct TextOps {
    std::string_view expected;
    std::size_t max_chars;
    std::size_t (*write)(const void* value, char* out);
    bool (*read)(std::string_view text, void* value);
    bool takes_numbers = true; ///< read() is also given the text of JSON numbers
};

struct EnumOps {
    std::string_view (*name)(const void* value); ///< empty: no such enumerator
    bool (*read)(std::string_view name, void* value);
    std::string (*names)(); ///< all of them, for messages: `created, paid, sent`
};

struct OptionalOps {
    const void* (*get)(const void* optional); ///< nullptr: none
    void* (*emplace)(void* optional);
    void (*reset)(void* optional);
};

struct ListOps {
    std::size_t (*size)(const void* list);
    const void* (*at)(const void* list, std::size_t index);
    void* (*append)(void* list);
    void (*clear)(void* list);
};

struct MapOps {
    using Visit = void (*)(void* context, std::string_view key, const void* value);
    void (*visit)(const void* map, void* context, Visit visit);
    void* (*insert)(void* map, std::string_view key);
    void (*clear)(void* map);
};

struct ValueType {
    Kind kind;
    const ValueType* element = nullptr; ///< of optional, list, map

    union {
        const TextOps* text;
        const EnumOps* enumeration;
        const OptionalOps* optional;
        const ListOps* list;
        const MapOps* map;
        const MemberTable& (*object)();
        const void* none = nullptr;
    };
};

struct Member {
    std::string name;
    std::string key; ///< the key as JSON writes it: `"order_id":`
    std::size_t offset;
    const ValueType* type;
};

/// The members of one described struct, in the order described, those of its bases first.
struct MemberTable {
    MemberTable();
    MemberTable(const MemberTable&) = delete;
    MemberTable& operator=(const MemberTable&) = delete;
    MemberTable(MemberTable&&) noexcept;
    ~MemberTable();

    std::vector<Member> members;

    /// The member of this name, or nullptr. `hint` is the index to try first.
    const Member* find(std::string_view name, std::size_t hint = 0) const noexcept;
    void add(std::string_view name, std::size_t offset, const ValueType& type);
};

template <class T>
concept TextScalar = requires {
    TextTraits<T>::max_chars;
};

template <class T>
const MemberTable& member_table();

namespace detail {

template <class T>
struct IsOptional : std::false_type {};

template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};

template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
struct IsStringMap : std::false_type {};

template <class T>
struct IsStringMap<std::map<std::string, T>> : std::true_type {};

template <class T>
inline constexpr bool unsupported = false;

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

template <class T>
inline constexpr TextOps text_ops{TextTraits<T>::expected, TextTraits<T>::max_chars,
                                  [](const void* value, char* out) -> std::size_t {
                                      return TextTraits<T>::write(*static_cast<const T*>(value),
                                                                  out);
                                  },
                                  [](std::string_view text, void* value) -> bool {
                                      return TextTraits<T>::read(text, *static_cast<T*>(value));
                                  }};

template <class T>
inline constexpr EnumOps enum_ops{
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
inline constexpr OptionalOps optional_ops{
    [](const void* optional) -> const void* {
        const auto& o = *static_cast<const O*>(optional);
        return o ? &*o : nullptr;
    },
    [](void* optional) -> void* { return &static_cast<O*>(optional)->emplace(); },
    [](void* optional) { static_cast<O*>(optional)->reset(); }};

template <class L>
inline constexpr ListOps list_ops{
    [](const void* list) { return static_cast<const L*>(list)->size(); },
    [](const void* list, std::size_t index) -> const void* {
        return &(*static_cast<const L*>(list))[index];
    },
    [](void* list) -> void* { return &static_cast<L*>(list)->emplace_back(); },
    [](void* list) { static_cast<L*>(list)->clear(); }};

template <class M>
inline constexpr MapOps map_ops{[](const void* map, void* context, MapOps::Visit visit) {
                                    for (const auto& [key, value] : *static_cast<const M*>(map)) {
                                        visit(context, key, &value);
                                    }
                                },
                                [](void* map, std::string_view key) -> void* {
                                    return &(*static_cast<M*>(map))[std::string{key}];
                                },
                                [](void* map) { static_cast<M*>(map)->clear(); }};

template <class T>
constexpr ValueType make_value_type();

} // namespace detail

/// The description of T. Fails to compile, with a sentence, for a type that no event can hold.
template <class T>
inline constexpr ValueType value_type = detail::make_value_type<T>();

namespace detail {

template <class T>
constexpr ValueType make_value_type() {
    if constexpr (TextScalar<T>) {
        return {.kind = Kind::text, .text = &text_ops<T>};
    } else if constexpr (std::same_as<T, bool>) {
        return {.kind = Kind::boolean};
    } else if constexpr (std::integral<T>) {
        return {.kind = integer_kind<T>()};
    } else if constexpr (std::same_as<T, double>) {
        return {.kind = Kind::float64};
    } else if constexpr (std::same_as<T, std::string>) {
        return {.kind = Kind::string};
    } else if constexpr (std::same_as<T, Timestamp>) {
        return {.kind = Kind::timestamp};
    } else if constexpr (std::same_as<T, Uuid>) {
        return {.kind = Kind::uuid};
    } else if constexpr (std::same_as<T, JsonText>) {
        return {.kind = Kind::json};
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(boost::describe::has_describe_enumerators<T>::value,
                      "libbus: an enum inside an event is written by name: describe it with "
                      "BOOST_DESCRIBE_ENUM(Type, values...)");
        return {.kind = Kind::enumeration, .enumeration = &enum_ops<T>};
    } else if constexpr (IsOptional<T>::value) {
        return {.kind = Kind::optional,
                .element = &value_type<typename T::value_type>,
                .optional = &optional_ops<T>};
    } else if constexpr (IsVector<T>::value) {
        static_assert(!std::same_as<T, std::vector<bool>>,
                      "libbus: std::vector<bool> has no elements to point at; use another type");
        return {.kind = Kind::list,
                .element = &value_type<typename T::value_type>,
                .list = &list_ops<T>};
    } else if constexpr (IsStringMap<T>::value) {
        return {
            .kind = Kind::map, .element = &value_type<typename T::mapped_type>, .map = &map_ops<T>};
    } else if constexpr (boost::describe::has_describe_members<T>::value) {
        return {.kind = Kind::object, .object = &member_table<T>};
    } else {
        static_assert(unsupported<T>,
                      "libbus: an event cannot hold a member of this type: use bool, an integer, "
                      "double, std::string, Timestamp, Uuid, JsonText, a described enum or struct, "
                      "std::optional, std::vector or std::map<std::string, T> of these, or "
                      "specialise bus::TextTraits for it");
        return {.kind = Kind::boolean};
    }
}

/// The described members of T alone, of whatever access.
template <class T>
using OwnMembers = boost::describe::describe_members<T, boost::describe::mod_any_access>;

template <class T>
using Bases = boost::describe::describe_bases<T, boost::describe::mod_any_access>;

/// False for what a private or protected base makes unreachable, and for a base without members to
/// write; neither compiles.
template <class T, class Base>
consteval bool check_base() {
    static_assert((Base::modifiers & boost::describe::mod_public) != 0,
                  "libbus: this struct is described with a base that is not public, whose members "
                  "cannot be reached: make it public, or a member");
    static_assert(boost::describe::has_describe_members<typename Base::type>::value,
                  "libbus: this struct is described with a base that is not described itself: "
                  "describe the base with BOOST_DESCRIBE_STRUCT as well");
    return true;
}

/// All described members of T: those of its bases come first, and of an event those of the events
/// that it refines.
template <class T>
struct EveryMember;

template <class T, class List>
struct MembersOfBases;

template <class T, template <class...> class List, class... Base>
struct MembersOfBases<T, List<Base...>> {
    static_assert((check_base<T, Base>() && ...));
    using Type = boost::mp11::mp_append<boost::mp11::mp_list<>,
                                        typename EveryMember<typename Base::type>::Type...>;
};

template <class T>
struct MembersOfRefined {
    using Type = boost::mp11::mp_list<>;
};

template <class T>
requires requires {
    typename T::EventBase::EventBase;
}

struct MembersOfRefined<T> : EveryMember<typename T::EventBase> {};

template <class T>
struct EveryMember {
    using Inherited =
        boost::mp11::mp_append<boost::mp11::mp_list<>, typename MembersOfRefined<T>::Type,
                               typename MembersOfBases<T, Bases<T>>::Type>;
    using Type = boost::mp11::mp_append<Inherited, OwnMembers<T>>;
};

/// Whether no two members have one name; compared only where a base has members.
template <class T, template <class...> class List, class... Member>
consteval bool names_differ(List<Member...> /*members*/) {
    constexpr std::array<std::string_view, sizeof...(Member)> names{Member::name...};
    for (std::size_t i = 0; i < names.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (names[i] == names[j]) {
                return false;
            }
        }
    }
    return true;
}

template <class Member>
struct ClassOf;

template <class M, class T>
struct ClassOf<M T::*> {
    using Type = T;
};

/// Whether some member of the list is one of `Base` itself.
template <class Base, template <class...> class List, class... Member>
consteval bool has_members_of(List<Member...> /*members*/) {
    return (
        std::same_as<Base, typename ClassOf<std::remove_cv_t<decltype(Member::pointer)>>::Type> ||
        ...);
}

/// Turns into each described base of T of which no member is among those of T.
template <class T>
struct ForgottenBase {
    template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::same_as<Base, T> &&
             boost::describe::has_describe_members<Base>::value &&
             !boost::mp11::mp_empty<OwnMembers<Base>>::value &&
             !has_members_of<Base>(typename EveryMember<T>::Type{}))

    operator Base() const;
};

struct NoBase {};

/// Whether the aggregate T can be made with something that turns into a base that its description
/// has forgotten, in the place of one of its first three bases.
template <class T>
concept ForgetsBase = (
                          requires { T{ForgottenBase<T>{}}; } && !requires { T{NoBase{}}; }) ||
                      (
                          requires {
                              T{{}, ForgottenBase<T>{}};
                          } &&
                          !requires {
                              T{{}, NoBase{}};
                          }) ||
                      (
                          requires {
                              T{{}, {}, ForgottenBase<T>{}};
                          } &&
                          !requires {
                              T{{}, {}, NoBase{}};
                          });

/// True where all members of T that are described anywhere are written once.
template <class T>
consteval bool check_members() {
    if constexpr (!boost::mp11::mp_empty<typename EveryMember<T>::Inherited>::value) {
        static_assert(names_differ<T>(typename EveryMember<T>::Type{}),
                      "libbus: a member of this struct has the name of a member of its base, and "
                      "they would be one member of the JSON: rename one of them");
    }
    if constexpr (std::is_aggregate_v<T>) {
        static_assert(!ForgetsBase<T>,
                      "libbus: this struct has a described base that its own description leaves "
                      "out, so the base's members would be lost: name the base in "
                      "BOOST_DESCRIBE_STRUCT, or each of its members in BUS_DESCRIBE_EVENT");
    }
    return true;
}

template <class T>
void add_members(MemberTable& table, const char* object, const T& instance) {
    static_assert(check_members<T>());
    boost::mp11::mp_for_each<typename EveryMember<T>::Type>([&](auto d) {
        using M = std::remove_cvref_t<decltype(instance.*d.pointer)>;
        const auto* address = reinterpret_cast<const char*>(&(instance.*d.pointer));
        table.add(d.name, static_cast<std::size_t>(address - object), value_type<M>);
    });
}

} // namespace detail

/// The members of T, which must be described and default constructible. The table is never
/// destroyed: events may be written and read after main().
template <class T>
const MemberTable& member_table() {
    static const MemberTable& table = []() -> const MemberTable& {
        static_assert(std::default_initializable<T>,
                      "libbus: a described type must be default constructible to be read back");
        const T instance{};
        const char* object = reinterpret_cast<const char*>(&instance);
        if constexpr (std::derived_from<T, DomainEvent>) {
            // Whoever reads an event holds its DomainEvent, so the offsets count from there.
            object = reinterpret_cast<const char*>(static_cast<const DomainEvent*>(&instance));
        }
        auto result = std::make_unique<MemberTable>();
        detail::add_members<T>(*result, object, instance);
        return *result.release();
    }();
    return table;
}

} // namespace bus
