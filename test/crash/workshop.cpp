// A program on a bus and a store that exists to be killed. It does what order_pipeline does not do:
// dead letters, redrives, timers, publish() that waits, a stop in the middle.
#include "test/crash/workshop_agents.hpp"
#include "test/crash/workshop_events.hpp"
#include <bus/event/uuid.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>

namespace {

using std::chrono::milliseconds;

/// A piece. It is the same in every run, so the store recognizes it by its id.
crash::PieceOrderedEvent piece(std::int64_t number) {
    crash::PieceOrderedEvent event;
    event.number = number;
    // A piece that breaks and the one that waits behind it share a bench with no others.
    const bool special = number % 13 == 5 || number % 13 == 6;
    event.bench =
        special ? "lame-" + std::to_string(number / 13) : "bench-" + std::to_string(number % 8);
    event.event_id = bus::make_uuid_v7(1'700'000'000'000, 0, static_cast<std::uint64_t>(number));
    event.occurred_at = bus::parse_timestamp("2026-01-02T03:04:05Z");
    event.execution_id = "workshop";
    return event;
}

void order_pieces(bus::Bus& bus) {
    std::vector<bus::Ticket> tickets;
    for (std::int64_t number = 0; number < crash::pieces; ++number) {
        if (number % 10 == 0) {
            bus.publish(piece(number));
        } else {
            tickets.push_back(bus.post(piece(number)));
        }
    }
    for (bus::Ticket& ticket : tickets) {
        ticket.wait();
    }
}

/// True if the store has no timer that has yet to fire.
template <class Store>
bool no_timers(Store& store) {
    if constexpr (crash::keeps_timers<Store>) {
        return store.timers(bus::Timestamp::min(), 0, 1).empty();
    } else {
        return true;
    }
}

/// True if there is nothing to do now or later. The bus must be idle before the timers are checked,
/// so that no step schedules one afterwards, and again after that, because a timer brings work.
bool at_rest(bus::Bus& bus) {
    if (!bus.idle() || !no_timers(*bus.store()) || !bus.idle()) {
        return false;
    }
    const auto agents = bus.status();
    return std::none_of(agents.begin(), agents.end(),
                        [](const auto& agent) { return agent.busy || agent.next_due.has_value(); });
}

void work(const std::string& store, std::int64_t deadly, bool newer) {
    const auto runtime = std::make_shared<bus::SystemRuntime>();
    bus::Bus bus{{.runtime = runtime,
                  .store = bus::SqliteStore::open({.path = store, .program = "crash_workshop"})}};
    crash::add_workshop(bus, deadly, newer);
    order_pieces(bus);
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    while (!at_rest(bus)) {
        runtime->wait(
            lock, never, [] { return false; }, milliseconds{2});
    }
    bus.stop(bus::Stop::drain);
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Makes pieces on a store until all are made.", "crash_workshop"};
    std::string store;
    std::int64_t deadly = crash::no_piece;
    app.add_option("--store", store, "The store's file")->required();
    app.add_option("--deadly", deadly, "The piece on which the polisher kills the process");
    bool newer = false;
    app.add_flag("--renamed", newer, "The newer program, in which some agents have other names");
    CLI11_PARSE(app, argc, argv);
    try {
        work(store, deadly, newer);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "crash_workshop: " << error.what() << '\n';
        return 4;
    }
}
