#pragma once

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// A store that one program after the other opens, in virtual time, and what observers receive.
struct EvolvingWorld {
    explicit EvolvingWorld(bool in_file) : on_disk{in_file} {
        if (!on_disk) {
            store = std::make_shared<bus::MemoryStore>();
        }
        start();
    }

    /// The program ends, and another one begins.
    void restart() {
        end();
        start();
    }

    void end() {
        observers.reset();
        bus.reset();
        if (on_disk) {
            store.reset();
        }
    }

    /// The accounts of all agents in the store are right, and nothing in it is damaged.
    void check() {
        for (const bus::Conservation& account : store->conservation()) {
            BOOST_TEST(account.holds(), account.agent);
        }
        BOOST_TEST(bus->wait_idle(std::chrono::seconds{1}));
        if (on_disk) {
            BOOST_TEST(bus::verify({.path = path()}).clean());
        }
    }

    [[nodiscard]] std::filesystem::path path() const { return folder.path() / "evolving.db"; }

    /// The last attempt of a delivery.
    bus::AttemptRecord last_attempt(const std::string& agent, bus::Position position) {
        const auto delivery = store->delivery(agent, position);
        BOOST_TEST_REQUIRE(delivery.has_value());
        BOOST_TEST_REQUIRE(!delivery->attempts.empty());
        return delivery->attempts.back();
    }

    std::optional<bus::DeliveryState> state_of(const std::string& agent, bus::Position position) {
        const auto delivery = store->delivery(agent, position);
        return delivery ? std::optional{delivery->state} : std::nullopt;
    }

    /// Writes an event as it is. The bus would check it first.
    void leave_event(const bus::EventRecord& record) const {
        bus::Part part;
        part.events.push_back({.record = record});
        const auto results = store->commit({&part, 1}, true);
        BOOST_TEST_REQUIRE((results.front().error == nullptr));
    }

    /// Writes a delivery as if its agent had settled everything before it and nothing after it.
    void leave_delivery(const std::string& agent, bus::DeliveryRecord delivery) const {
        bus::Part part;
        part.agent = agent;
        if (!store->agent(agent)) {
            part.start = 0;
        }
        part.settled = {{1, delivery.position}};
        part.delivered = 1;
        delivery.agent = agent;
        part.put_deliveries = {std::move(delivery)};
        const auto results = store->commit({&part, 1}, true);
        BOOST_TEST_REQUIRE((results.front().error == nullptr));
    }

    void request(bus::DeliveryAction action, const std::string& agent, bus::Position position) {
        bus->request({.who = "ann",
                      .why = "a test",
                      .action = action,
                      .agent = agent,
                      .position = position});
        bus->wait_idle();
    }

    static std::size_t count(const std::vector<std::string>& lines, const std::string& part) {
        return static_cast<std::size_t>(
            std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
                return line.find(part) != std::string::npos;
            }));
    }

    bool on_disk;
    TempFolder folder;
    std::shared_ptr<bus::SimulatedRuntime> runtime = std::make_shared<bus::SimulatedRuntime>(1);
    std::shared_ptr<bus::EventStore> store;
    std::optional<bus::Bus> bus;
    std::optional<bus::Observers> observers;
    std::vector<std::string> trouble;
    std::vector<std::string> failed; ///< "AGENT TYPE AGGREGATE: FAILURE"
    std::vector<std::string> not_ready;
    std::vector<std::string> dead;

private:
    void start() {
        if (on_disk) {
            store = bus::SqliteStore::open({.path = path()});
        }
        bus.emplace(bus::BusOptions{.runtime = runtime, .store = store});
        observers.emplace(*bus);
        trouble.clear();
        observers->trouble.connect([this](std::string_view what) { trouble.emplace_back(what); });
        const auto into = [](std::vector<std::string>& lines) {
            lines.clear();
            return [&lines](const bus::DomainEvent& event, std::string_view agent,
                            const bus::Failure& failure) {
                lines.push_back(std::string{agent} + ' ' + std::string{event.event_type()} + ' ' +
                                std::string{event.aggregate_id()} + ": " + failure.what());
            };
        };
        observers->failed.connect(into(failed));
        observers->not_ready.connect(into(not_ready));
        observers->dead_lettered.connect(into(dead));
    }
};

/// Runs a test on a store in memory and on one in a file.
template <class F>
void on_each_store(F test) {
    for (const bool in_file : {false, true}) {
        BOOST_TEST_CONTEXT((in_file ? "in a file" : "in memory")) {
            EvolvingWorld world{in_file};
            test(world);
        }
    }
}

/// A ping as written by a program that knew another version of it.
inline bus::EventRecord ping_of_version(std::uint32_t version, const std::string& name,
                                        std::int64_t number = 0) {
    bus::EventRecord record = bus::encode(ping(name, number));
    record.event_version = version;
    return record;
}

inline bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace test
