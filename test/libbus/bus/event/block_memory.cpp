#include <bus/event/codec.hpp>
#include <bus/event/internal/block_memory.hpp>

#include "sample_events.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using bus::internal::BlockAllocator;
using bus::internal::BlockMemory;

namespace {

/// Counts its live objects.
struct Counted {
    explicit Counted(std::atomic<int>& c) : count{c} { ++count; }

    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    ~Counted() { --count; }

    std::atomic<int>& count;
    std::string text = std::string(40, 'x');
};

std::shared_ptr<Counted> counted_in(BlockMemory& memory, std::atomic<int>& count) {
    return std::allocate_shared<Counted>(BlockAllocator<Counted>{memory}, count);
}

} // namespace

BOOST_AUTO_TEST_SUITE(block_memory)

BOOST_AUTO_TEST_CASE(objects_outlive_the_block_memory_and_end_in_any_order_on_any_thread) {
    std::atomic<int> count{0};
    std::vector<std::shared_ptr<Counted>> objects;
    {
        BlockMemory memory;
        for (int i = 0; i < 2'000; ++i) { // several blocks
            objects.push_back(counted_in(memory, count));
        }
    }
    BOOST_TEST(count == 2'000);
    std::vector<std::shared_ptr<Counted>> others;
    for (std::size_t i = 0; i < objects.size(); i += 2) {
        others.push_back(std::move(objects[i]));
    }
    std::thread other{[&] { others.clear(); }};
    std::reverse(objects.begin(), objects.end());
    objects.clear();
    other.join();
    BOOST_TEST(count == 0);
}

BOOST_AUTO_TEST_CASE(objects_end_while_others_are_made_beside_them) {
    std::atomic<int> count{0};
    BlockMemory memory;
    for (int i = 0; i < 10'000; ++i) {
        const auto object = counted_in(memory, count);
        BOOST_TEST_REQUIRE(object->text.size() == 40U);
    }
    BOOST_TEST(count == 0);
}

BOOST_AUTO_TEST_CASE(each_place_is_aligned_and_not_shared_whatever_its_size) {
    BlockMemory memory;
    std::vector<std::pair<unsigned char*, std::size_t>> places;
    for (const std::size_t bytes : {1U, 15U, 16U, 17U, 4'000U, 16'384U, 100'000U, 0U, 300U, 1U}) {
        auto* const place = static_cast<unsigned char*>(memory.allocate(bytes));
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(place) % alignof(std::max_align_t) == 0U);
        std::fill_n(place, bytes, static_cast<unsigned char>(places.size()));
        places.emplace_back(place, bytes);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto [place, bytes] = places[i];
        BOOST_TEST(std::count(place, place + bytes, static_cast<unsigned char>(i)) ==
                   static_cast<std::ptrdiff_t>(bytes));
        BlockMemory::release(place);
    }
}

BOOST_AUTO_TEST_CASE(an_event_that_is_decoded_into_a_block_is_the_same_as_one_that_is_not) {
    const bus::EventRecord record = bus::encode(sample::order());
    std::shared_ptr<const bus::DomainEvent> event;
    {
        BlockMemory memory;
        event = bus::decode(record, memory);
    }
    BOOST_TEST_REQUIRE(event != nullptr);
    BOOST_TEST(bus::to_json(*event) == bus::to_json(*bus::decode(record)));
    BOOST_TEST((bus::encode(*event) == record));
}

BOOST_AUTO_TEST_SUITE_END()
