#pragma once

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>

#include <cstddef>
#include <string_view>

/// The inner parts of BUS_DESCRIBE_EVENT. It describes a struct in the same way as
/// BOOST_DESCRIBE_STRUCT, but that is limited to 52 members.
namespace bus::detail {

inline constexpr std::size_t most_members = 256;

/// The number of names in `(a, b, c)`.
consteval std::size_t count_names(std::string_view list) {
    std::size_t count = list == "()" ? 0 : 1;
    for (const char c : list) {
        count += c == ',' ? 1 : 0;
    }
    return count;
}

/// `function` is `__builtin_FUNCTION()`. False inside a function, true in a namespace.
consteval bool check_scope(std::string_view function) {
    return function.empty();
}

} // namespace bus::detail

// A macro cannot expand to a call of itself. So BUS_DETAIL_EACH_MEMBER ends with an incomplete
// call. BUS_DETAIL_SCAN makes the preprocessor scan the result 256 times, and each scan completes
// one more call.
#define BUS_DETAIL_SCAN(...)                                                                       \
    BUS_DETAIL_SCAN_3(BUS_DETAIL_SCAN_3(BUS_DETAIL_SCAN_3(BUS_DETAIL_SCAN_3(__VA_ARGS__))))
#define BUS_DETAIL_SCAN_3(...)                                                                     \
    BUS_DETAIL_SCAN_2(BUS_DETAIL_SCAN_2(BUS_DETAIL_SCAN_2(BUS_DETAIL_SCAN_2(__VA_ARGS__))))
#define BUS_DETAIL_SCAN_2(...)                                                                     \
    BUS_DETAIL_SCAN_1(BUS_DETAIL_SCAN_1(BUS_DETAIL_SCAN_1(BUS_DETAIL_SCAN_1(__VA_ARGS__))))
#define BUS_DETAIL_SCAN_1(...)                                                                     \
    BUS_DETAIL_SCAN_0(BUS_DETAIL_SCAN_0(BUS_DETAIL_SCAN_0(BUS_DETAIL_SCAN_0(__VA_ARGS__))))
#define BUS_DETAIL_SCAN_0(...) __VA_ARGS__
#define BUS_DETAIL_PARENTHESES ()

#define BUS_DETAIL_EACH(Type, ...)                                                                 \
    __VA_OPT__(BUS_DETAIL_SCAN(BUS_DETAIL_EACH_MEMBER(Type, __VA_ARGS__)))
#define BUS_DETAIL_EACH_MEMBER(Type, member, ...)                                                  \
    BUS_DETAIL_MEMBER(Type, member)                                                                \
    __VA_OPT__(BUS_DETAIL_EACH_AGAIN BUS_DETAIL_PARENTHESES(Type, __VA_ARGS__))
#define BUS_DETAIL_EACH_AGAIN() BUS_DETAIL_EACH_MEMBER

#define BUS_DETAIL_MEMBER(Type, member)                                                            \
    , [] {                                                                                         \
        struct bus_described_ {                                                                    \
            static constexpr auto pointer() noexcept { return &Type::member; }                     \
            static constexpr auto name() noexcept { return #member; }                              \
        };                                                                                         \
        return bus_described_();                                                                   \
    }()

#define BUS_DETAIL_UNPACK(...) __VA_OPT__(, ) __VA_ARGS__
#define BUS_DETAIL_CALL(macro, ...) macro(__VA_ARGS__)

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot be in parentheses
#define BUS_DETAIL_DESCRIBE_MEMBERS(Type, Members)                                                 \
    BOOST_DESCRIBE_MAYBE_UNUSED BOOST_DESCRIBE_BASES(Type)                                         \
    BOOST_DESCRIBE_MAYBE_UNUSED inline auto boost_public_member_descriptor_fn(Type**) {            \
        return ::boost::describe::detail::member_descriptor_fn_impl<                               \
            ::boost::describe::mod_public>(                                                        \
            0 BUS_DETAIL_CALL(BUS_DETAIL_EACH, Type BUS_DETAIL_UNPACK Members));                   \
    }                                                                                              \
    BOOST_DESCRIBE_MAYBE_UNUSED BOOST_DESCRIBE_PROTECTED_MEMBERS(Type)                             \
    BOOST_DESCRIBE_MAYBE_UNUSED BOOST_DESCRIBE_PRIVATE_MEMBERS(Type)
// NOLINTEND(bugprone-macro-parentheses)

// A name that is unique in a translation unit. __LINE__ would not do: headers may use it on lines
// of the same number.
#define BUS_DETAIL_JOIN(a, b) a##b
#define BUS_DETAIL_JOIN_EXPANDED(a, b) BUS_DETAIL_JOIN(a, b)
#define BUS_DETAIL_UNIQUE(name) BUS_DETAIL_JOIN_EXPANDED(name, __COUNTER__)
