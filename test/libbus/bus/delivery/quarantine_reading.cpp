// Events that kill the process before their step: when their members are read, or when their key is
// computed: S11. Here, a death is a store that accepts nothing more, and a bus that is destroyed.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"
#include <bus/event/text_traits.hpp>

#include <charconv>
#include <functional>
#include <string_view>

using bus::DeliveryState;
using test::PongEvent;

namespace {

/// A number that is read by code of the program.
struct Trap {
    std::int64_t number = 0;
};

/// What happens when a Trap is read.
std::function<void(std::int64_t)> on_read;

} // namespace

template <>
struct bus::TextTraits<Trap> {
    static constexpr std::string_view expected = "a number";
    static constexpr std::size_t max_chars = 20;

    static std::size_t write(const Trap& trap, char* out) noexcept {
        return static_cast<std::size_t>(std::to_chars(out, out + max_chars, trap.number).ptr - out);
    }

    static bool read(std::string_view text, Trap& trap) noexcept {
        const char* const end = text.data() + text.size();
        if (std::from_chars(text.data(), end, trap.number).ptr != end) {
            return false;
        }
        if (on_read) {
            on_read(trap.number);
        }
        return true;
    }
};

namespace {

struct TrapEvent : bus::Event<TrapEvent> {
    std::string name;
    Trap trap;
};
BUS_DESCRIBE_EVENT(TrapEvent, (name, trap), bus::aggregate_id<&TrapEvent::name>)

/// Which event kills the process, and at which point.
struct Deadly {
    std::int64_t number;
    bool read = false;
    bool key = false;
};

struct ReadingWorld : test::StoredWorld {
    ReadingWorld(std::uint64_t seed, std::int64_t events, std::uint32_t w, Deadly d)
        : StoredWorld{seed},
          memory{std::make_shared<bus::MemoryStore>()},
          troubled{std::make_shared<test::TroubledStore>(memory)},
          workers{w},
          deadly{d} {
        bus.reset();
        store = troubled;
        start();
        for (std::int64_t i = 1; i <= events; ++i) {
            TrapEvent event;
            event.name = "n" + std::to_string(i % 7);
            event.trap.number = i;
            bus->post(event);
        }
        bus->wait_idle();
        bus.reset();
        on_read = [this](std::int64_t number) {
            if (deadly.read && number == deadly.number) {
                die();
            }
        };
    }

    ~ReadingWorld() { on_read = nullptr; }

    ReadingWorld(const ReadingWorld&) = delete;
    ReadingWorld& operator=(const ReadingWorld&) = delete;

    void die() { troubled->disk_full = true; }

    /// The sequences of three keys, which are not those of the aggregates.
    void add() {
        auto agent = test::scripted("reader");
        agent->settings().workers = workers;
        agent->settings().sequence = bus::Sequence::by([this](const bus::DomainEvent& event) {
            const std::int64_t number = static_cast<const TrapEvent&>(event).trap.number;
            if (deadly.key && number == deadly.number) {
                die();
            }
            return "k" + std::to_string(number % 3);
        });
        agent->handles<TrapEvent, PongEvent>([](const TrapEvent& event, bus::Context& context) {
            context.publish(
                test::pong("k" + std::to_string(event.trap.number % 3), event.trap.number));
        });
        bus->add(std::move(agent));
    }

    /// True: it came to its end without dying.
    bool live() {
        troubled->disk_full = false;
        try {
            start();
            add();
            while (!troubled->disk_full && runtime->run_one()) {
            }
            if (!troubled->disk_full) {
                runtime->run_until_idle(std::chrono::minutes{1});
            }
        } catch (const std::exception&) {
            BOOST_TEST_REQUIRE(troubled->disk_full);
        }
        const bool died = troubled->disk_full;
        bus.reset();
        return !died;
    }

    std::shared_ptr<bus::MemoryStore> memory;
    std::shared_ptr<test::TroubledStore> troubled;
    std::uint32_t workers;
    Deadly deadly;
};

/// Starts the process until it no longer dies. Then that one event is quarantined, and all others
/// were handled once, each sequence in order.
void check_found(std::uint64_t seed, std::int64_t events, std::uint32_t workers, Deadly deadly) {
    ReadingWorld world{seed, events, workers, deadly};
    int lives = 1;
    while (!world.live()) {
        BOOST_TEST_REQUIRE(++lives < 30);
    }
    const auto dead = world.memory->deliveries("reader", DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead[0].quarantined);
    BOOST_TEST(dead[0].position == static_cast<bus::Position>(deadly.number));
    const bus::Conservation account = world.memory->conservation().front();
    BOOST_TEST(account.holds());
    BOOST_TEST(account.finished + account.parked + 1U == static_cast<std::uint64_t>(events));
    std::map<std::string, std::vector<std::int64_t>> handled;
    for (const bus::StoredEvent& event : world.memory->read_type("PongEvent", 0, 1'000'000)) {
        const auto decoded = bus::decode(event.record);
        const auto& answer = static_cast<const PongEvent&>(*decoded);
        handled[answer.name].push_back(answer.number);
    }
    std::uint64_t all = 0;
    for (const auto& [key, numbers] : handled) {
        BOOST_TEST(std::is_sorted(numbers.begin(), numbers.end()), key << " was not in order");
        all += numbers.size();
    }
    BOOST_TEST(all == account.finished);
}

} // namespace

BOOST_AUTO_TEST_SUITE(quarantine_reading)

BOOST_AUTO_TEST_CASE(S11_an_event_whose_reading_kills_the_process_is_quarantined_and_no_other) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        for (const std::uint32_t workers : {1U, 3U}) {
            check_found(seed, 3, workers, {.number = 2, .read = true});
            check_found(seed, 40, workers, {.number = 17, .read = true});
            check_found(seed, 1'500, workers, {.number = 1'100, .read = true});
        }
    }
}

BOOST_AUTO_TEST_CASE(S11_an_event_whose_key_kills_the_process_is_quarantined_and_no_other) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        for (const std::uint32_t workers : {1U, 3U}) {
            // Its key is computed when a step fails, or if there are several workers.
            check_found(seed, 40, 3, {.number = 17, .key = true});
            check_found(seed, 40, workers, {.number = 17, .read = true, .key = true});
            check_found(seed, 1'500, 3, {.number = 1'100, .key = true});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
