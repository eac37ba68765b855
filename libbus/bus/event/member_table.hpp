#pragma once

#include <bus/event/value_ops.hpp>

#include <boost/describe/bases.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>

/// The table of all members of a described struct.
namespace bus {

class DomainEvent;

namespace detail {

/// The described members of T itself, with any access.
template <class T>
using OwnMembers = boost::describe::describe_members<T, boost::describe::mod_any_access>;

template <class T>
using Bases = boost::describe::describe_bases<T, boost::describe::mod_any_access>;

/// True if the base is public and described itself; does not compile if it is not.
template <class T, class Base>
consteval bool check_base() {
    static_assert((Base::modifiers & boost::describe::mod_public) != 0,
                  "libbus: this struct is described with a base that is not "
                  "public, whose members "
                  "cannot be reached: make it public, or a member");
    static_assert(boost::describe::has_describe_members<typename Base::type>::value,
                  "libbus: this struct is described with a base that is not described "
                  "itself: "
                  "describe the base with BOOST_DESCRIBE_STRUCT as well");
    return true;
}

/// All described members of T. Those of its bases come first; for an event, those of the events
/// that it refines come before them.
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

/// Whether all members have different names. It is only checked if a base has members.
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

/// Converts to each described base of T none of whose members is among the members of T.
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

/// Whether the description of the aggregate T has forgotten a base, among the first three. If so, T
/// can be initialized with a ForgottenBase in place of that base.
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

/// True if each described member of T and of its bases is written exactly once; does not compile if
/// not.
template <class T>
consteval bool check_members() {
    if constexpr (!boost::mp11::mp_empty<typename EveryMember<T>::Inherited>::value) {
        static_assert(names_differ<T>(typename EveryMember<T>::Type{}),
                      "libbus: a member of this struct has the name of a member of "
                      "its base, and "
                      "they would be one member of the JSON: rename one of them");
    }
    if constexpr (std::is_aggregate_v<T>) {
        static_assert(!ForgetsBase<T>,
                      "libbus: this struct has a described base that its own description "
                      "leaves "
                      "out, so the base's members would be lost: name the base in "
                      "BOOST_DESCRIBE_STRUCT, or each of its members in BUS_DESCRIBE_EVENT");
    }
    return true;
}

/// The name of a member as a template argument, so that the compiler shows it in its error.
template <std::size_t Size>
struct MemberName {
    consteval MemberName(const char* name) {
        for (std::size_t i = 0; i < Size; ++i) {
            text[i] = name[i];
        }
    }

    char text[Size]{}; // NOLINT(modernize-avoid-c-arrays): the compiler shows it as text
};

/// The compiler reports the use of this deleted function, with the names of the struct, the member
/// and its type.
template <class Struct, MemberName Member, class Type>
void libbus_cannot_write_a_member_of_this_type() = delete;

/// The description of a member's type. If the type cannot be written, it does not compile, and the
/// error names the member.
template <class Struct, class Member, class Type>
constexpr const ValueType& member_type() {
    if constexpr (refusal<Type>() != Refusal::none) {
        constexpr std::size_t size = std::string_view{Member::name}.size() + 1;
        libbus_cannot_write_a_member_of_this_type<Struct, MemberName<size>{Member::name}, Type>();
    }
    return value_type<Type>;
}

template <class T>
void add_members(MemberTable& table, const char* object, const T& instance) {
    static_assert(check_members<T>());
    boost::mp11::mp_for_each<typename EveryMember<T>::Type>([&](auto d) {
        using M = std::remove_cvref_t<decltype(instance.*d.pointer)>;
        const auto* address = reinterpret_cast<const char*>(&(instance.*d.pointer));
        table.add(d.name, static_cast<std::size_t>(address - object),
                  member_type<T, decltype(d), M>());
    });
}

} // namespace detail

/// The members of T, which must be described and default constructible. The table is never
/// destroyed, since events may still be written and read after main(). Thread safe.
template <class T>
[[gnu::visibility("hidden")]] const MemberTable& member_table() {
    static const MemberTable& table = []() -> const MemberTable& {
        static_assert(std::default_initializable<T>,
                      "libbus: a described type must be default constructible to "
                      "be read back");
        const T instance{};
        const char* object = reinterpret_cast<const char*>(&instance);
        if constexpr (std::derived_from<T, DomainEvent>) {
            // A reader of an event holds a DomainEvent*, so the offsets count from there.
            object = reinterpret_cast<const char*>(static_cast<const DomainEvent*>(&instance));
        }
        auto result = std::make_unique<MemberTable>();
        detail::add_members<T>(*result, object, instance);
        return *result.release();
    }();
    return table;
}

} // namespace bus
