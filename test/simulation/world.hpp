#pragma once

#include "test/simulation/plan.hpp"
#include "test/support/faulty_disk.hpp"
#include <bus/event/uuid.hpp>
#include <bus/store/event_store.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace simulation {

/// What happened, a line each, with the virtual time.
class Trace {
public:
    /// `live`: also printed on standard output at once.
    explicit Trace(bool live) : live_{live} {}

    void add(bus::Timestamp time, const std::string& text);

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    bool live_;
    std::string text_;
};

/// An event that the bus has reported as committed.
struct Promise {
    bus::Uuid event_id;
    std::string what;
};

/// What survives the process: the disk, the time, the operator's memory.
struct World {
    World(const Plan& p, const std::filesystem::path& f, bool live)
        : plan{p}, folder{f}, feed{f / "feed.ndjson"}, disk{f}, trace{live} {}

    const Plan& plan;
    std::filesystem::path folder;
    std::filesystem::path feed;
    test::FaultyDisk disk;
    Trace trace;
    bus::Timestamp now{std::chrono::seconds{1'767'225'600}}; ///< 2026-01-01T00:00:00Z
    std::vector<Promise> promises;
    std::uint64_t crashes = 0;
    std::vector<bus::RequestRecord>
        asked; ///< requests that were made; number 0: it may have failed
    std::vector<bus::StoredEvent> archive; ///< what was in the log before it was pruned
    bool commits_failed = false; ///< some may have, so lines may be stored in another order

    /// Copies the log into the archive, as an operator does before pruning.
    void keep(bus::EventStore& log);

    [[nodiscard]] std::filesystem::path store() const { return folder / "orders.db"; }

    [[nodiscard]] std::filesystem::path books() const { return folder / "orders.books.db"; }
};

} // namespace simulation
