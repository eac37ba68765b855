#include <bus/store/store_url.hpp>

#include "backends.hpp"

#include <boost/test/unit_test.hpp>

using namespace test;

BOOST_AUTO_TEST_SUITE(store_urls)

BOOST_AUTO_TEST_CASE(memory_opens_a_store_in_memory) {
    BOOST_TEST(bus::open_store("memory")->description() == "memory");
}

BOOST_AUTO_TEST_CASE(sqlite_and_a_path_open_a_file) {
    const TempFolder folder;
    const std::string url = "sqlite:" + (folder.path() / "a b:c.db").string();
    append(*bus::open_store(url), event(1));
    BOOST_TEST(bus::open_store(url, {.read_only = true})->last_position() == 1U);
    const auto first = bus::open_store(url, {.program = "the_first"});
    BOOST_TEST(contains(store_error([&] { bus::open_store(url); }), "the_first"));
}

BOOST_AUTO_TEST_CASE(another_url_is_an_error_that_names_both_forms) {
    for (const char* url :
         {"", "sqlite:", "sqlite", "Memory", "memory:", "postgres:x", "orders.db"}) {
        const std::string error = store_error([&] { bus::open_store(url); });
        BOOST_TEST(contains(error, "`memory`"), url << ": " << error);
        BOOST_TEST(contains(error, "`sqlite:PATH`"), url << ": " << error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
