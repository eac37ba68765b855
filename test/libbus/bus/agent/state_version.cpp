// The versions of the state of agents.
#include <bus/agent/upcast_state.hpp>
#include <bus/event/codec.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

namespace {

struct Basket {
    std::int64_t items = 0;
    std::string total;
};
BOOST_DESCRIBE_STRUCT(Basket, (), (items, total))

struct Broken {
    std::int64_t items = 0;
};
BOOST_DESCRIBE_STRUCT(Broken, (), (items))

} // namespace

template <>
inline constexpr std::uint32_t bus::state_version<Basket> = 3;
template <>
inline constexpr std::uint32_t bus::state_version<Broken> = 2;

namespace {

template <class T>
T read(const std::string& kept) {
    return bus::from_json_text<T>(bus::detail::state_of_version(kept, bus::state_version<T>,
                                                                bus::detail::state_upcasters<T>()));
}

/// Registers the upcasters once, as a program does.
const bool registered = [] {
    bus::upcast_state<Basket>(1, [](boost::json::object& state) {
        const boost::json::value count = state.at("count");
        state.erase("count");
        state["items"] = count;
    });
    bus::upcast_state<Basket>(2, [](boost::json::object& state) { state["total"] = "0.00"; });
    return true;
}();

} // namespace

BOOST_AUTO_TEST_SUITE(state_version)

BOOST_AUTO_TEST_CASE(a_state_of_the_first_version_goes_through_all_upcasters) {
    BOOST_TEST(registered);
    const Basket basket = read<Basket>(R"({"count":3})");
    BOOST_TEST(basket.items == 3);
    BOOST_TEST(basket.total == "0.00");
}

BOOST_AUTO_TEST_CASE(a_state_keeps_its_version_and_comes_back_as_it_was) {
    const std::string kept =
        bus::detail::with_state_version(bus::to_json_text(Basket{4, "7.10"}), 3);
    BOOST_TEST(kept == R"({"$version":3,"state":{"items":4,"total":"7.10"}})");
    BOOST_TEST(read<Basket>(kept).total == "7.10");
    BOOST_TEST(read<Basket>(R"({"$version":2,"state":{"items":5}})").total == "0.00");
}

BOOST_AUTO_TEST_CASE(blanks_between_the_tokens_change_nothing) {
    const std::string kept = " {\n  \"$version\": 3,\n  \"state\" : {\"items\": 4, \"total\": "
                             "\"7.10\"}\n}\n";
    BOOST_TEST(read<Basket>(kept).items == 4);
    BOOST_TEST(read<Basket>(kept).total == "7.10");
    BOOST_CHECK_EXCEPTION(bus::from_json_text<Basket>(kept), bus::CodecError,
                          [](const bus::CodecError& error) { return error.path() == "$version"; });
}

BOOST_AUTO_TEST_CASE(a_state_whose_version_another_program_has_moved_or_rewritten_is_refused) {
    const auto at_version = [](const bus::CodecError& error) { return error.path() == "$version"; };
    for (const char* const kept :
         {R"({"state":{"items":4},"$version":3})", R"({"\u0024version":3,"state":{"items":4}})"}) {
        BOOST_TEST_CONTEXT(kept) {
            BOOST_CHECK_EXCEPTION(read<Basket>(kept), bus::CodecError, at_version);
            BOOST_CHECK_EXCEPTION((void)bus::from_json_text<Basket>(kept), bus::CodecError,
                                  at_version);
        }
    }
    // These texts are not in our form.
    BOOST_TEST(bus::from_json_text<Basket>(R"({"items":4,"$version":3,"state":1})").items == 4);
}

BOOST_AUTO_TEST_CASE(a_version_without_a_state_is_refused) {
    for (const char* const kept :
         {R"({"$version":})", R"({"$version":3)", R"({"$version":3})", R"({"$version":3,"state":)",
          R"({"$version":3,"other":{}})", R"({"$version":"3","state":{}})"}) {
        BOOST_TEST_CONTEXT(kept) {
            BOOST_CHECK_EXCEPTION(
                read<Basket>(kept), bus::CodecError,
                [](const bus::CodecError& error) { return error.path() == "$version"; });
        }
    }
}

BOOST_AUTO_TEST_CASE(the_first_version_is_plain_json) {
    BOOST_TEST(bus::detail::with_state_version("12", 1) == "12");
}

BOOST_AUTO_TEST_CASE(a_state_of_a_newer_program_or_without_an_upcaster_is_an_error_that_says_so) {
    BOOST_CHECK_EXCEPTION(read<Basket>(R"({"$version":4,"state":{}})"), bus::CodecError,
                          [](const bus::CodecError& error) {
                              return std::string{error.what()}.find("newer program") !=
                                     std::string::npos;
                          });
    BOOST_CHECK_EXCEPTION(read<Broken>("{}"), bus::CodecError, [](const bus::CodecError& error) {
        return std::string{error.what()}.find("upcast_state") != std::string::npos;
    });
    BOOST_CHECK_THROW(bus::upcast_state<Basket>(3, [](boost::json::object&) {}), std::logic_error);
    BOOST_CHECK_THROW(bus::upcast_state<Basket>(1, [](boost::json::object&) {}), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
