#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(agents)

BOOST_AUTO_TEST_CASE(list_says_where_each_agent_is_and_what_it_has_left) {
    const test::SampleStore store;
    const test::Called called = test::call({"agents", "list", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    BOOST_TEST(called.err == "");
    for (const char* word : {"greeter", "biller", "checkpoint", "lag", "in flight", "parked"}) {
        BOOST_TEST(called.out.find(word) != std::string::npos, called.out);
    }
}

BOOST_AUTO_TEST_CASE(list_prints_an_object_a_line_for_programs) {
    const test::SampleStore store;
    const test::Called called = test::call({"agents", "list", "--json", "--store", store.url()});
    BOOST_TEST(called.code == 0);
    const std::string first = called.out.substr(0, called.out.find('\n'));
    const auto biller = boost::json::parse(first).as_object();
    BOOST_TEST(biller.at("agent").as_string() == "biller");
    BOOST_TEST(biller.at("dead").as_int64() == 2);
    BOOST_TEST(biller.at("deferred").as_int64() == 1);
    BOOST_TEST(biller.at("parked").as_int64() > 2);
    BOOST_TEST(biller.at("in_flight").as_int64() == 0);
    BOOST_TEST(biller.at("lag").as_int64() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
