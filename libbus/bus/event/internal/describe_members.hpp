#pragma once

#include <boost/describe/bases.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>

#include <cstddef>
#include <string_view>

/// The inner parts of BUS_DESCRIBE_EVENT. It describes as BOOST_DESCRIBE_STRUCT does, which ends at
/// 52 members.
namespace bus::detail {

inline constexpr std::size_t most_members = 256;

/// How many names there are in `(a, b, c)`.
consteval std::size_t count_names(std::string_view list) {
    std::size_t count = list == "()" ? 0 : 1;
    for (const char c : list) {
        count += c == ',' ? 1 : 0;
    }
    return count;
}

/// False in a function, whose name `__builtin_FUNCTION()` is.
consteval bool check_scope(std::string_view function) {
    return function.empty();
}

} // namespace bus::detail

// A macro cannot name itself in what it expands to. So the last one of these leaves a call that is
// not complete, and BUS_DETAIL_SCAN has the preprocessor complete one more of them with each of its
// 256 looks.
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

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in them
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

// Of each file its own: two of them on lines of one number must not be one.
#define BUS_DETAIL_JOIN(a, b) a##b
#define BUS_DETAIL_JOIN_EXPANDED(a, b) BUS_DETAIL_JOIN(a, b)
#define BUS_DETAIL_UNIQUE(name) BUS_DETAIL_JOIN_EXPANDED(name, __COUNTER__)
