#include "demo/marketplace/line_index.hpp"

#include <boost/test/unit_test.hpp>
#include <malloc.h>

#include <cstdint>
#include <limits>
#include <string>

using demo::LineIndex;

namespace {

// A sanitizer has its own allocator, which malloc's statistics do not know, and takes more time.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t first_keys = 2'000;
#else
constexpr std::uint64_t first_keys = 60'000;
#endif

/// How much of the heap the program uses now, not how much the system has given it.
std::size_t live_bytes() {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

// The keys are spread like the ids of orders, so that the pages of the index fill in random order.
std::string key(std::uint64_t number) {
    return "702-" + std::to_string(number * 7'919 % 10'000'019) + "-1234567";
}

void add(LineIndex& index, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t number = from; number < to; ++number)
        index.add(key(number), {number * 1'000, number, ~number, number % 2 == 1});
}

} // namespace

BOOST_AUTO_TEST_SUITE(line_index)

BOOST_AUTO_TEST_CASE(the_index_of_the_lines_takes_no_more_memory_for_four_times_the_keys) {
    LineIndex index;
    add(index, 0, first_keys);
    const std::size_t before = live_bytes();
    add(index, first_keys, 4 * first_keys);
    BOOST_TEST(live_bytes() < before + 3 * first_keys); // a byte per key, although each has sixty
    for (std::uint64_t number = 0; number < 4 * first_keys; number += 997) {
        const auto place = index.find(key(number));
        BOOST_REQUIRE(place.has_value());
        BOOST_TEST(place->offset == number * 1'000);
        BOOST_TEST(place->length == number);
        BOOST_TEST(place->hash == ~number);
        BOOST_TEST(place->too_long == (number % 2 == 1));
    }
    BOOST_TEST(!index.find(key(4 * first_keys)).has_value());
}

BOOST_AUTO_TEST_CASE(the_index_keeps_any_number_and_any_key) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    LineIndex index;
    index.add("", {most, most, most, true});
    index.add(std::string_view("a\0b", 3), {1, 2, 3, false});
    BOOST_TEST(index.find("")->offset == most);
    BOOST_TEST(index.find("")->hash == most);
    BOOST_TEST(index.find(std::string_view("a\0b", 3))->length == 2U);
    BOOST_TEST(!index.find("a").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
