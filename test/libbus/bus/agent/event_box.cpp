// Events by value in chunks: the storage of the mailboxes of A1 and A6.
#include "test/support/bus_events.hpp"
#include <bus/agent/internal/event_box.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>

using bus::internal::EventBox;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;

namespace box_events {

struct Counted {
    static inline int alive = 0;
    static inline bool copies_throw = false;

    Counted() { ++alive; }

    Counted(const Counted& /*other*/) {
        if (copies_throw) {
            throw std::runtime_error{"no copy"};
        }
        ++alive;
    }

    Counted& operator=(const Counted&) = default;

    ~Counted() { --alive; }
};

struct CountedEvent : bus::Event<CountedEvent> {
    std::int64_t number = 0;
    Counted counted;
};
BUS_DESCRIBE_EVENT(CountedEvent, (number))

/// Larger than a chunk.
struct HugeEvent : bus::Event<HugeEvent> {
    std::int64_t number = 0;
    std::array<char, 70'000> bulk{};
};
BUS_DESCRIBE_EVENT(HugeEvent, (number))

struct alignas(256) AlignedEvent : bus::Event<AlignedEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(AlignedEvent, (number))

struct Mixin {
    std::int64_t before = 7;
};

/// An event whose DomainEvent is not at its beginning.
struct ShiftedEvent : Mixin, bus::Event<ShiftedEvent> {
    std::int64_t number = 0;
};
BUS_DESCRIBE_EVENT(ShiftedEvent, (number))

template <class E>
E numbered(std::int64_t number) {
    E event;
    event.number = number;
    return event;
}

} // namespace box_events

namespace {

using namespace box_events;

std::int64_t number_of(const bus::DomainEvent& event) {
    if (const auto* counted = bus::event_cast<CountedEvent>(event)) {
        return counted->number;
    }
    if (const auto* huge = bus::event_cast<HugeEvent>(event)) {
        return huge->number;
    }
    if (const auto* aligned = bus::event_cast<AlignedEvent>(event)) {
        BOOST_TEST(reinterpret_cast<std::uintptr_t>(aligned) % 256 == 0U);
        return aligned->number;
    }
    if (const auto* shifted = bus::event_cast<ShiftedEvent>(event)) {
        BOOST_TEST(shifted->before == 7);
        return shifted->number;
    }
    return bus::event_cast<PingEvent>(event)->number;
}

void append(EventBox& box, std::int64_t number) {
    const auto id = static_cast<std::uint64_t>(number);
    switch (number % 11) {
    case 0: box.append(numbered<HugeEvent>(number), id); break;
    case 1:
    case 2: box.append(numbered<AlignedEvent>(number), id); break;
    case 3:
    case 4: box.append(numbered<ShiftedEvent>(number), id); break;
    case 5: box.append(numbered<CountedEvent>(number), id); break;
    default: box.append(ping(std::string(static_cast<std::size_t>(number % 60), 'x'), number), id);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(event_box)

BOOST_AUTO_TEST_CASE(events_of_any_type_size_and_alignment_come_out_as_they_went_in) {
    for (const bool with_numbers : {false, true}) {
        std::mt19937 random{5};
        EventBox box{with_numbers, 1 << 18};
        std::int64_t in = 0;
        std::int64_t out = 0;
        for (int round = 0; round < 300; ++round) {
            for (std::uint64_t n = random() % 300; n > 0; --n) {
                append(box, in++);
            }
            std::uint64_t take = random() % (static_cast<std::uint64_t>(in - out) + 1);
            if (round % 10 == 9) {
                take = static_cast<std::uint64_t>(in - out);
            }
            for (; take > 0; --take) {
                if (with_numbers) {
                    BOOST_TEST(box.oldest() == static_cast<std::uint64_t>(out));
                }
                bus::DomainEvent& event = box.next();
                BOOST_REQUIRE(number_of(event) == out++);
                EventBox::destroy(event);
            }
            in == out ? box.rewind() : box.recycle();
        }
    }
    BOOST_TEST(Counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(what_is_left_in_a_box_is_destroyed_with_it) {
    {
        EventBox box{false, 0};
        for (int i = 0; i < 500; ++i) {
            box.append(numbered<CountedEvent>(i), 0);
        }
        BOOST_TEST(Counted::alive == 500);
    }
    BOOST_TEST(Counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(a_copy_that_throws_leaves_the_box_intact_wherever_it_happens) {
    // At each place of a chunk, and at the beginning of the next chunk.
    for (int before = 0; before < 200; ++before) {
        EventBox box{false, 1 << 18};
        for (int i = 0; i < before; ++i) {
            box.append(numbered<CountedEvent>(i), 0);
        }
        const CountedEvent refused = numbered<CountedEvent>(-1);
        for (int again = 0; again < 3; ++again) {
            Counted::copies_throw = true;
            BOOST_CHECK_THROW(box.append(refused, 0), std::runtime_error);
            Counted::copies_throw = false;
        }
        if (before % 2 == 0) {
            box.append(numbered<HugeEvent>(before), 0);
            for (int i = 0; i <= before; ++i) {
                bus::DomainEvent& event = box.next();
                BOOST_REQUIRE(number_of(event) == i);
                EventBox::destroy(event);
            }
            box.rewind();
            box.append(numbered<CountedEvent>(1), 0);
        }
    }
    BOOST_TEST(Counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(an_event_in_its_step_stays_intact_while_those_behind_it_are_dropped) {
    EventBox box{false, 1 << 18};
    std::int64_t in = 0;
    std::int64_t out = 0;
    for (; in < 500; ++in) {
        box.append(ping("an event", in), 0);
    }
    for (int round = 0; round < 50; ++round) {
        box.recycle();
        bus::DomainEvent& at_work = box.next();
        box.recycle();
        const std::int64_t mine = out++;
        for (int i = 0; i < 400; ++i) { // several chunks of them
            box.drop_oldest();
            ++out;
            box.append(pong("another one, in memory of its own", 0), 0);
            box.drop_oldest();
            ++out;
            box.append(ping("an event", 0), 0);
            ++in, ++in;
        }
        BOOST_REQUIRE(bus::event_cast<PingEvent>(at_work) != nullptr || round > 0);
        if (round == 0) {
            BOOST_TEST(number_of(at_work) == mine);
        }
        EventBox::destroy(at_work);
        box.append(ping("one more", 0), 0);
        ++in;
    }
}

BOOST_AUTO_TEST_SUITE_END()
