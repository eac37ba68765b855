#pragma once

#include "test/support/temp_folder.hpp"
#include <bus/store/memory_store.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// The stores under test, and short functions for their input.
namespace test {

struct MemoryBackend {
    bus::EventStore& store() { return *store_; }

    /// Opens the store as the next process does. Here, it gets a new store.
    void start_again() { store_ = std::make_unique<bus::MemoryStore>(); }

    /// The same store, opened by another process for reading; nullptr if no other process can.
    std::unique_ptr<bus::EventStore> beside() { return nullptr; }

    /// Opens what backup() has written.
    std::unique_ptr<bus::EventStore> open_backup(const std::filesystem::path& /*path*/) {
        throw bus::StoreError{"there can be no backup"};
    }

    /// The damage in a backup, seen from outside; empty if there is none, or if it cannot be seen.
    static std::string damage_of_backup(const std::filesystem::path& /*path*/) { return {}; }

    /// The same for the store itself.
    static std::string damage() { return {}; }

    [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

    TempFolder folder_;

    std::unique_ptr<bus::MemoryStore> store_ = std::make_unique<bus::MemoryStore>();
};

struct SqliteBackend {
    bus::EventStore& store() { return *store_; }

    void start_again() {
        store_.reset();
        store_ = open();
    }

    std::unique_ptr<bus::EventStore> beside() {
        return bus::SqliteStore::open({.path = folder_.path() / "store.db", .read_only = true});
    }

    std::unique_ptr<bus::EventStore> open_backup(const std::filesystem::path& path) {
        return bus::SqliteStore::open({.path = path});
    }

    static std::string damage_of_backup(const std::filesystem::path& path) {
        const auto findings = bus::verify({.path = path}).findings;
        return findings.empty() ? "" : findings.front().what;
    }

    [[nodiscard]] std::string damage() const {
        return damage_of_backup(folder_.path() / "store.db");
    }

    [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

    [[nodiscard]] std::unique_ptr<bus::SqliteStore> open() const {
        return bus::SqliteStore::open({.path = folder_.path() / "store.db"});
    }

    TempFolder folder_;
    std::unique_ptr<bus::SqliteStore> store_ = open();
};

using Backends = std::tuple<MemoryBackend, SqliteBackend>;

/// Closes the store and opens it again, if the backend keeps what was committed.
template <class Backend>
void reopen(Backend& backend) {
    if (backend.store().abilities().outlives_process) {
        backend.start_again();
    }
}

/// A UUID that ends in the given number.
inline bus::Uuid id(std::uint64_t number) {
    return bus::make_uuid_v7(1'700'000'000'000 + number, 0, number);
}

/// An event number `number` of the stream Order/`aggregate`.
inline bus::NewEvent event(std::uint64_t number, const std::string& aggregate = "A-1") {
    bus::NewEvent event;
    bus::EventRecord& record = event.record;
    record.event_id = id(number);
    record.event_type = "OrderCreatedEvent";
    record.aggregate_id = aggregate;
    record.aggregate_type = "Order";
    record.execution_id = "exec-" + aggregate;
    record.user_id = "ann";
    record.occurred_at = bus::parse_timestamp("2026-01-02T03:04:05.678901Z");
    record.data = R"({"order_id":")" + aggregate + R"(","number":)" + std::to_string(number) + "}";
    return event;
}

inline bus::Part part(std::vector<bus::NewEvent> events) {
    bus::Part part;
    part.events = std::move(events);
    return part;
}

/// A part of an agent, which the store may know or not.
inline bus::Part agent_part(const std::string& agent, std::optional<bus::Position> start = {}) {
    bus::Part part;
    part.agent = agent;
    part.start = start;
    return part;
}

inline bus::PartResult commit(bus::EventStore& store, bus::Part part, bool durable = false) {
    return store.commit({&part, 1}, durable).at(0);
}

/// The event `number` alone.
inline bus::PartResult::Place append(bus::EventStore& store, bus::NewEvent event) {
    bus::PartResult result = commit(store, part({std::move(event)}));
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    return result.places.at(0);
}

inline std::vector<bus::Position> positions(const std::vector<bus::StoredEvent>& events) {
    std::vector<bus::Position> result;
    for (const bus::StoredEvent& event : events) {
        result.push_back(event.position);
    }
    return result;
}

/// The message of an exception of this type; empty if `error` has another type or is null.
template <class Error>
std::string message_of(const std::exception_ptr& error) {
    try {
        if (error) {
            std::rethrow_exception(error);
        }
    } catch (const Error& caught) {
        return caught.what();
    } catch (...) {
        return {};
    }
    return {};
}

/// The message of the StoreError that `act` throws; empty if it throws nothing.
template <class Act>
std::string store_error(Act act) {
    try {
        act();
    } catch (const bus::StoreError& error) {
        return error.what();
    }
    return {};
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace test
