// When a consumer waits for more events. This decides how large the batches of a mailbox are.
#include <bus/agent/internal/gathering.hpp>

#include <boost/test/unit_test.hpp>

using bus::internal::Gathering;

namespace {

/// In how many of the batches of this size the consumer waits for more.
int waits(Gathering& gathering, int batches, std::size_t size) {
    int count = 0;
    for (int i = 0; i < batches; ++i) {
        count += gathering.pays(size) ? 1 : 0;
    }
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(gathering)

BOOST_AUTO_TEST_CASE(a_worker_that_emptied_its_mailbox_for_the_first_time_does_not_wait) {
    Gathering gathering;
    BOOST_TEST(!gathering.pays(1));
    BOOST_TEST(!gathering.pays(0));
    BOOST_TEST(!gathering.pays(100));
    BOOST_TEST(!gathering.pays(0));
}

BOOST_AUTO_TEST_CASE(a_worker_that_finds_more_events_after_each_wait_keeps_waiting) {
    Gathering gathering;
    BOOST_TEST(!gathering.pays(50));
    BOOST_TEST(waits(gathering, 1000, 50) == 1000);
}

BOOST_AUTO_TEST_CASE(after_a_full_batch_the_consumer_expects_more_events) {
    Gathering gathering;
    gathering.skip();
    BOOST_TEST(gathering.pays(50));
}

BOOST_AUTO_TEST_CASE(waits_that_bring_only_one_event_each_become_rare) {
    Gathering gathering;
    BOOST_TEST(waits(gathering, 2048, 1) <= 11);
    BOOST_TEST(waits(gathering, 102'400, 1) <= 110);
}

BOOST_AUTO_TEST_CASE(waiting_comes_back_when_events_come_fast_again) {
    Gathering gathering;
    waits(gathering, 10'000, 1);
    waits(gathering, 2'000, 50);
    BOOST_TEST(waits(gathering, 1'000, 50) == 1'000);
}

BOOST_AUTO_TEST_SUITE_END()
