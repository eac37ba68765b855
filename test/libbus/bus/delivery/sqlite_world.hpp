#pragma once

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A bus with two agents on a store in a file, in virtual time: `answerer` answers each ping with a
/// pong and counts, with some quick retries; `filer` turns each pong into a buffered event.
struct SqliteWorld {
    explicit SqliteWorld(std::filesystem::path path, std::uint64_t seed = 1)
        : db{std::move(path)}, runtime{std::make_shared<bus::SimulatedRuntime>(seed)} {}

    /// Opens the store and the bus, and continues. Throws bus::StoreError.
    void start() {
        store = bus::SqliteStore::open({.path = db});
        bus.emplace(bus::BusOptions{runtime, store});
        bus->add(answerer());
        bus->add(filer());
    }

    /// As at the end of the process.
    void end() {
        bus.reset();
        store.reset();
    }

    static std::unique_ptr<ScriptedAgent> answerer() {
        auto agent = scripted("answerer");
        agent->settings().retry = every(std::chrono::milliseconds{20}, 5);
        agent->handles<PingEvent, PongEvent>([](const PingEvent& event, bus::Context& context) {
            if (event.number % 5 == 2 && context.attempt() < 2) {
                throw std::runtime_error{"not at once"};
            }
            context.set_state("count", context.state<std::int64_t>("count").value_or(0) + 1);
            context.publish(pong(event.name, event.number));
        });
        return agent;
    }

    static std::unique_ptr<ScriptedAgent> filer() {
        auto agent = scripted("filer");
        agent->handles<PongEvent, BufferedEvent>([](const PongEvent& event, bus::Context& context) {
            context.set_state("filed", context.state<std::int64_t>("filed").value_or(0) + 1);
            BufferedEvent filed;
            filed.number = event.number;
            context.publish(filed);
        });
        return agent;
    }

    /// The numbers of all events of a type in the log, ascending.
    template <class E>
    std::vector<std::int64_t> numbers() const {
        std::vector<std::int64_t> result;
        for (const bus::StoredEvent& event :
             store->read_type(bus::event_type<E>().name(), 0, 1'000'000)) {
            result.push_back(static_cast<const E&>(*bus::decode(event.record)).number);
        }
        std::sort(result.begin(), result.end());
        return result;
    }

    /// Publishes a ping on one of seven streams. False: the store refused it, and `refusal` says
    /// why.
    bool publish(std::int64_t number) {
        try {
            bus->publish(ping("ping-" + std::to_string(number % 7), number));
            accepted.push_back(number);
            return true;
        } catch (const bus::StoreError& error) {
            refusal = error.what();
            return false;
        }
    }

    /// Finishes the work, and checks that every accepted ping is in the log once, and was answered,
    /// filed and counted once.
    void check_whole() {
        runtime->run_until_idle(std::chrono::hours{1});
        BOOST_TEST(bus->idle());
        const auto pings = numbers<PingEvent>();
        BOOST_TEST(std::includes(pings.begin(), pings.end(), accepted.begin(), accepted.end()));
        BOOST_TEST((std::adjacent_find(pings.begin(), pings.end()) == pings.end()));
        BOOST_TEST(numbers<PongEvent>() == pings, boost::test_tools::per_element());
        BOOST_TEST(numbers<BufferedEvent>() == pings, boost::test_tools::per_element());
        const auto counted = [this](const char* agent, const char* key) {
            const auto state = store->state(agent, key);
            return state ? state->json : "0";
        };
        BOOST_TEST(counted("answerer", "count") == std::to_string(pings.size()));
        BOOST_TEST(counted("filer", "filed") == std::to_string(pings.size()));
        for (const char* agent : {"answerer", "filer"}) {
            BOOST_TEST(store->agent(agent)->finished == pings.size());
            BOOST_TEST(store->deliveries(agent, bus::DeliveryState::deferred).empty());
            BOOST_TEST(store->deliveries(agent, bus::DeliveryState::dead).empty());
        }
    }

    std::filesystem::path db;
    std::shared_ptr<bus::SimulatedRuntime> runtime;
    std::shared_ptr<bus::SqliteStore> store;
    std::optional<bus::Bus> bus;
    std::vector<std::int64_t> accepted; ///< pings, ascending, whose publish has returned
    std::string refusal;                ///< the message for the last ping that was not accepted
};

} // namespace test
