// States that are read by type: by the host, from a store or through a bus, and many at a time in
// a step: A18.
#include "test/libbus/bus/delivery/evolving_world.hpp"
#include <bus/agent/read_state.hpp>
#include <bus/agent/upcast_state.hpp>

#include <boost/describe/class.hpp>

#include <functional>
#include <iterator>
#include <stdexcept>

using test::EvolvingWorld;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace shop {

struct Basket {
    std::int64_t items = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(Basket, (), (items, currency))

/// A state without a registered upcaster.
struct Shelf {
    std::int64_t books = 0;
};
BOOST_DESCRIBE_STRUCT(Shelf, (), (books))

/// A state whose upcaster throws.
struct Till {
    std::int64_t coins = 0;
};
BOOST_DESCRIBE_STRUCT(Till, (), (coins))

} // namespace shop

template <>
inline constexpr std::uint32_t bus::state_version<shop::Basket> = 2;
template <>
inline constexpr std::uint32_t bus::state_version<shop::Shelf> = 2;
template <>
inline constexpr std::uint32_t bus::state_version<shop::Till> = 2;

namespace {

using shop::Basket;
using Keys = std::vector<std::string>;

constexpr int many = 600; // more than two pages

const bool upcasters_registered = [] {
    bus::upcast_state<Basket>(1, [](boost::json::object& state) { state["currency"] = "EUR"; });
    bus::upcast_state<shop::Till>(
        1, [](boost::json::object&) { throw std::out_of_range{"no drawer"}; });
    return true;
}();

/// Runs a function of the test for each ping.
std::unique_ptr<test::ScriptedAgent>
keeper(std::function<void(const PingEvent&, bus::Context&)> handle) {
    auto agent = scripted("keeper");
    agent->settings().retry.max_attempts = 1;
    agent->handles<PingEvent>(std::move(handle));
    return agent;
}

void keep_basket(const PingEvent& event, bus::Context& context) {
    context.set_state(event.name, Basket{event.number, "CHF"});
}

/// A state that an older or newer program has stored.
void leave(bus::EventStore& store, const std::string& key, const std::string& text) {
    bus::Part part;
    part.agent = "keeper";
    if (!store.agent("keeper")) {
        part.start = 0;
    }
    part.put_states = {{key, text}};
    BOOST_TEST_REQUIRE((store.commit({&part, 1}, true).front().error == nullptr));
}

std::string numbered(int number) {
    return "n/" + std::to_string(10'000 + number);
}

template <class T>
Keys keys_of(const bus::States<T>& states) {
    Keys keys;
    for (const auto& [key, value] : states) {
        keys.push_back(key);
    }
    return keys;
}

template <class Read>
std::string error_of(Read read) {
    try {
        static_cast<void>(read());
    } catch (const bus::CodecError& error) {
        return error.what();
    }
    return "no error";
}

void check_holds(const std::string& text, std::initializer_list<std::string> parts) {
    for (const std::string& part : parts) {
        BOOST_TEST(test::holds(text, part), text << " does not contain " << part);
    }
}

/// Runs a test on a bus without a store, and on both stores.
template <class F>
void on_each_bus(F test) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    bus::Bus without{{.runtime = runtime}};
    BOOST_TEST_CONTEXT("without a store") {
        test(without);
    }
    test::on_each_store([&](EvolvingWorld& world) {
        test(*world.bus);
        world.check();
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(reading_states)

BOOST_AUTO_TEST_CASE(A18_the_host_reads_a_versioned_state_as_the_step_stored_it) {
    BOOST_TEST(upcasters_registered);
    on_each_bus([](bus::Bus& bus) {
        bus.add(keeper(keep_basket));
        bus.publish(ping("b-1", 7));
        bus.wait_idle();
        const auto basket = bus.read_state<Basket>("keeper", "b-1");
        BOOST_TEST_REQUIRE(basket.has_value());
        BOOST_TEST(basket->items == 7);
        BOOST_TEST(basket->currency == "CHF");
        if (bus::EventStore* const store = bus.store()) {
            BOOST_TEST(bus::read_state<Basket>(*store, "keeper", "b-1")->items == 7);
        }
    });
}

BOOST_AUTO_TEST_CASE(A18_a_state_of_an_older_program_goes_through_the_upcasters) {
    test::on_each_store([](EvolvingWorld& world) {
        leave(*world.store, "old", R"({"items":2})");
        BOOST_TEST(bus::read_state<Basket>(*world.store, "keeper", "old")->currency == "EUR");
        BOOST_TEST(world.bus->read_state<Basket>("keeper", "old")->items == 2);
        for (const auto& [key, basket] : bus::read_states<Basket>(*world.store, "keeper")) {
            BOOST_TEST(key == "old");
            BOOST_TEST(basket.currency == "EUR");
        }
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(A18_a_state_that_is_not_kept_is_empty) {
    on_each_bus([](bus::Bus& bus) {
        bus.add(keeper([](const PingEvent& event, bus::Context& context) {
            if (event.number == 1) {
                context.set_state("gone", 1);
                return;
            }
            context.erase_state("gone");
            BOOST_TEST(!context.state<int>("never"));
            BOOST_TEST(keys_of(context.states<int>()).empty());
        }));
        bus.publish(ping("x", 1));
        bus.publish(ping("x", 2));
        bus.wait_idle();
        BOOST_TEST(!bus.read_state<int>("keeper", "gone"));
        BOOST_TEST(!bus.read_state<int>("keeper", "never"));
        BOOST_TEST(!bus.read_state<int>("nobody", "gone"));
        BOOST_TEST(keys_of(bus.read_states<int>("keeper")).empty());
        BOOST_TEST(keys_of(bus.read_states<int>("nobody", "g")).empty());
        BOOST_TEST(bus.status().front().dead == 0U);
    });
}

BOOST_AUTO_TEST_CASE(A18_a_state_that_cannot_be_read_is_an_error_that_names_agent_key_and_type) {
    test::on_each_store([](EvolvingWorld& world) {
        bus::EventStore& store = *world.store;
        leave(store, "newer", R"({"$version":3,"state":{}})");
        leave(store, "broken", R"({"$version":2,"state":{"items":"many"}})");
        leave(store, "plain", R"({"books":1})");
        leave(store, "coins", R"({"coins":1})");
        const auto basket = [&](const char* key) {
            return error_of([&] { return bus::read_state<Basket>(store, "keeper", key); });
        };
        check_holds(basket("newer"), {"'newer'", "'keeper'", "shop::Basket", "newer program"});
        check_holds(basket("broken"), {"'broken'", "'keeper'", "shop::Basket", "items"});
        check_holds(
            error_of([&] { return bus::read_state<shop::Shelf>(store, "keeper", "plain"); }),
            {"'plain'", "'keeper'", "shop::Shelf", "upcast_state"});
        check_holds(error_of([&] { return bus::read_state<shop::Till>(store, "keeper", "coins"); }),
                    {"'coins'", "shop::Till", "from version 1", "no drawer"});
        check_holds(error_of([&] { return world.bus->read_state<Basket>("keeper", "newer"); }),
                    {"'newer'", "'keeper'", "shop::Basket"});
        check_holds(
            error_of([&] { return keys_of(world.bus->read_states<Basket>("keeper", "n")); }),
            {"'newer'", "'keeper'", "shop::Basket"});
        world.bus->add(keeper([](const PingEvent&, bus::Context& context) {
            static_cast<void>(context.state<Basket>("newer"));
        }));
        world.bus->publish(ping("x", 1));
        world.bus->wait_idle();
        BOOST_TEST_REQUIRE(world.dead.size() == 1U);
        check_holds(world.dead.front(), {"'newer'", "'keeper'", "shop::Basket"});
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(A18_the_text_of_a_versioned_state_is_never_taken_for_a_default_object) {
    test::on_each_store([](EvolvingWorld& world) {
        world.bus->add(keeper(keep_basket));
        world.bus->publish(ping("b-1", 7));
        world.bus->wait_idle();
        const std::string text = world.store->state("keeper", "b-1")->json;
        check_holds(error_of([&] { return bus::from_json_text<Basket>(text); }),
                    {"$version", "bus::read_state"});
    });
}

BOOST_AUTO_TEST_CASE(A18_many_states_are_read_in_order_of_key_and_in_pages) {
    on_each_bus([](bus::Bus& bus) {
        bus.add(keeper([](const PingEvent&, bus::Context& context) {
            for (int i = 0; i < many; ++i) {
                context.set_state(numbered(i), i);
            }
            context.set_state("", -1);
            context.set_state("m", -2);
            context.set_state("n", -3);
            context.set_state("n0", -4); // after "n/..."
        }));
        bus.publish(ping("x", 1));
        bus.wait_idle();
        int expected = 0;
        const auto states = bus.read_states<int>("keeper", "n/");
        for (const auto& [key, value] : states) {
            BOOST_TEST(key == numbered(value));
            BOOST_TEST(value == expected);
            ++expected;
        }
        BOOST_TEST(expected == many);
        const Keys all = keys_of(bus.read_states<int>("keeper"));
        BOOST_TEST(all.size() == static_cast<std::size_t>(many) + 4U);
        BOOST_TEST(all.front().empty());
        BOOST_TEST(all.back() == "n0");
        const std::vector<bus::KeptState<int>> copied{states.begin(), states.end()};
        BOOST_TEST(copied.size() == std::size_t{many}); // each begin() starts again
        static_assert(std::input_iterator<bus::States<int>::Iterator>);
    });
}

BOOST_AUTO_TEST_CASE(A18_a_single_state_under_the_empty_key_is_read_once) {
    on_each_bus([](bus::Bus& bus) {
        bus.add(keeper([](const PingEvent&, bus::Context& context) {
            context.set_state("", 1);
            BOOST_TEST((keys_of(context.states<int>()) == Keys{""}));
        }));
        bus.publish(ping("x", 1));
        bus.wait_idle();
        BOOST_TEST((keys_of(bus.read_states<int>("keeper")) == Keys{""}));
        BOOST_TEST(bus.status().front().dead == 0U);
    });
}

BOOST_AUTO_TEST_CASE(A18_a_step_sees_what_it_has_set_and_erased_so_far) {
    on_each_bus([](bus::Bus& bus) {
        std::vector<Keys> seen;
        bus.add(keeper([&](const PingEvent& event, bus::Context& context) {
            if (event.number == 1) {
                for (int i = 0; i < many; ++i) {
                    context.set_state(numbered(i), i);
                }
                seen.push_back(keys_of(context.states<int>("n/")));
                return;
            }
            for (int i = 0; i < 300; ++i) { // all of the first page, and some of the next one
                context.erase_state(numbered(i));
            }
            context.set_state(numbered(400) + "b", 1);
            context.set_state("n/0", 1);
            context.set_state("n/9", 1);
            seen.push_back(keys_of(context.states<int>("n/")));
            for (const auto& [key, value] : context.states<int>("n/")) {
                context.erase_state(key);
            }
            seen.push_back(keys_of(context.states<int>("n/")));
        }));
        bus.publish(ping("x", 1));
        bus.publish(ping("x", 2));
        bus.wait_idle();
        BOOST_TEST_REQUIRE(seen.size() == 3U);
        BOOST_TEST(seen[0].size() == std::size_t{many});
        Keys expected{"n/0"};
        for (int i = 300; i < many; ++i) {
            expected.push_back(numbered(i));
            if (i == 400) {
                expected.push_back(numbered(i) + "b");
            }
        }
        expected.emplace_back("n/9");
        BOOST_TEST(seen[1] == expected, boost::test_tools::per_element());
        BOOST_TEST(seen[2].empty());
        BOOST_TEST(keys_of(bus.read_states<int>("keeper", "n/")).empty());
        BOOST_TEST(bus.status().front().dead == 0U);
    });
}

BOOST_AUTO_TEST_CASE(A18_a_step_sees_versioned_states_of_earlier_steps_that_are_not_committed) {
    test::on_each_store([](EvolvingWorld& world) {
        leave(*world.store, "a", R"({"items":1})");
        std::int64_t sum = 0;
        auto agent = keeper([&](const PingEvent& event, bus::Context& context) {
            keep_basket(event, context);
            sum = 0;
            for (const auto& [key, basket] : context.states<Basket>()) {
                sum += basket.items;
                BOOST_TEST(basket.currency == (key == "a" ? "EUR" : "CHF"));
            }
        });
        world.bus->add(std::move(agent));
        for (std::int64_t number = 2; number <= 9; ++number) {
            world.bus->post(ping("b-" + std::to_string(number), number));
        }
        world.bus->wait_idle();
        BOOST_TEST(sum == 45);
        world.check();
    });
}

BOOST_AUTO_TEST_CASE(A18_steps_that_read_what_another_worker_writes_run_again) {
    test::on_each_store([](EvolvingWorld& world) {
        auto agent = keeper([](const PingEvent& event, bus::Context& context) {
            std::int64_t sum = 0;
            for (const auto& [key, value] : context.states<std::int64_t>("n/")) {
                sum += value;
            }
            context.set_state("n/" + std::to_string(event.number), std::int64_t{1});
            context.set_state("sum/" + std::to_string(event.number), sum);
        });
        agent->settings().workers = 4;
        world.bus->add(std::move(agent));
        for (std::int64_t number = 0; number < 40; ++number) {
            world.bus->post(ping("x" + std::to_string(number), number));
        }
        world.bus->wait_idle();
        std::vector<std::int64_t> sums;
        for (const auto& [key, sum] : world.bus->read_states<std::int64_t>("keeper", "sum/")) {
            sums.push_back(sum);
        }
        std::sort(sums.begin(), sums.end());
        for (std::int64_t i = 0; i < 40; ++i) {
            BOOST_TEST(sums.at(static_cast<std::size_t>(i)) == i);
        }
        world.check();
    });
}

BOOST_AUTO_TEST_SUITE_END()
