// A tea shop, part 4: the test of the agent that packs orders.
#define BOOST_TEST_MODULE packing
#include "packing.hpp"

#include <bus/testing/testing.hpp>

#include <boost/test/unit_test.hpp>

using bus::testing::AgentTest;

BOOST_AUTO_TEST_CASE(an_order_is_packed_from_the_shelf) {
    AgentTest<Packing> packing;
    packing.given(TeaDeliveredEvent{{}, "assam", 500})
        .when(OrderPlacedEvent{{}, "A-1", "assam", 300, "Norway"})
        .then_emits(OrderPackedEvent{{}, "A-1", "Norway"})
        .then_state("shelf/assam", 200);
}

BOOST_AUTO_TEST_CASE(an_order_for_more_than_is_left_is_refused) {
    AgentTest<Packing> packing;
    packing.given(TeaDeliveredEvent{{}, "assam", 500})
        .when(OrderPlacedEvent{{}, "A-1", "assam", 501, "Norway"})
        .then_emits(OrderRefusedEvent{{}, "A-1", "only 500 g are left"})
        .then_state("shelf/assam", 500);
}

BOOST_AUTO_TEST_CASE(the_last_gram_is_sold_after_a_restart) {
    AgentTest<Packing> packing;
    packing.given(TeaDeliveredEvent{{}, "assam", 500})
        .restart() // the agent dies and is made anew on the same store
        .when(OrderPlacedEvent{{}, "A-1", "assam", 500, "Norway"})
        .then_emits(OrderPackedEvent{{}, "A-1", "Norway"})
        .then_state("shelf/assam", 0);
}
