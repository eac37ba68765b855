#pragma once

#include <bus/store/event_store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace bus {

/// How to open a SqliteStore.
struct SqliteOptions {
    /// The file. It is created if it is missing; its folder is not. While the store is open,
    /// SQLite's own files PATH-wal and PATH-shm lie beside it, and PATH-lock, which names the
    /// writer. These files get the mode of the file and, if root opens it, its owner.
    std::filesystem::path path{};
    /// Opens an existing store for reading only, with or without a running writer; commit() then
    /// throws.
    bool read_only = false;
    /// The name of this program in the message to another program that is refused; empty: the name
    /// of the process.
    std::string program{};
    /// How long to wait for another program that locks the file, such as a database shell.
    std::chrono::milliseconds busy_timeout{5'000};
    /// How many bytes of the file the writer keeps in memory.
    std::size_t cache_bytes = std::size_t{64} * 1024 * 1024;
    /// The longest text, in bytes, that a part may hold (the data of one event, the state under one
    /// key); a part with a longer one is refused. At most 999,999,999.
    std::size_t max_value_bytes = 256'000'000;
    /// The maximum size of the file in bytes. If a commit would exceed it, the commit fails as on a
    /// full disk. 0: no limit.
    std::uint64_t max_file_bytes = 0;
    /// The mode with which the file is created, regardless of the umask. By default, other users
    /// cannot read the events. The files beside it and its backups get the mode of the file.
    std::filesystem::perms mode =
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
};

/// A store in a SQLite file. commit() and the readers behave as EventStore says. One thread writes
/// and any number of threads read; each has a connection of its own, and none waits for another.
///
/// A durable commit has been synced to the disk (WAL, synchronous=FULL). Any other commit has been
/// handed to the operating system; it survives the end of the process, but not a power failure.
/// Only one process at a time may open the store for writing; any number of processes may read it.
class SqliteStore final : public EventStore {
public:
    /// Opens or creates a store, and migrates one of an older schema. Throws StoreInUse if another
    /// process writes the store, under whatever path. Throws StoreError, which says what to do, if
    /// - the path cannot be used,
    /// - the file is not a store, or is a newer one (the file is not touched),
    /// - the file has several names, or
    /// - the process is a child that fork() made while the parent had the file open.
    static std::unique_ptr<SqliteStore> open(const SqliteOptions& options);

    ~SqliteStore() override;

    /// `sqlite:PATH`, with an absolute path.
    [[nodiscard]] std::string description() const override;

    [[nodiscard]] StoreAbilities abilities() const noexcept override {
        return {.outlives_process = true, .backup = true, .other_processes = true};
    }

    std::vector<PartResult> commit(std::span<const Part> parts, bool durable) override;

    Position last_position() override;
    std::vector<StoredEvent> read(Position after, std::size_t limit) override;
    std::size_t read_each(Position after, std::size_t limit, const OnEvent& use) override;
    /// Not supported by an index: scans the log from `after` on, at about a million events per
    /// second.
    std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                       std::size_t limit) override;
    std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                            std::size_t limit) override;
    std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                         std::string_view aggregate_id, std::uint64_t after_version,
                                         std::size_t limit) override;
    std::optional<StoredEvent> find(const Uuid& event_id) override;

    std::optional<AgentRecord> agent(std::string_view name) override;
    std::vector<AgentRecord> agents() override;
    std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state,
                                           Position after = 0,
                                           std::size_t limit = unlimited) override;
    std::optional<DeliveryRecord> delivery(std::string_view agent, Position position) override;
    std::vector<DeliveryBrief> delivery_briefs(std::string_view agent) override;
    std::optional<BegunNote> begun(std::string_view agent) override;
    std::optional<StateRecord> state(std::string_view agent, std::string_view key) override;
    std::vector<StateRecord> states(std::string_view agent, std::string_view prefix,
                                    std::string_view after_key = {},
                                    std::size_t limit = unlimited) override;
    std::vector<TimerRecord> timers(Timestamp after_due, std::uint64_t after_number,
                                    std::size_t limit) override;
    std::uint64_t last_timer() override;
    std::uint64_t count_timers() override;
    /// Scans the log from `after` on.
    std::vector<EventCount> count_events(Position after) override;
    std::vector<WaitingCount> count_waiting(std::string_view agent) override;
    std::vector<Conservation> conservation() override;

    /// Uses a short-lived connection of its own, as another process would. It waits for a commit
    /// under way, at most `busy_timeout`. It also works on a store that was opened read-only if
    /// this user may write the file.
    std::uint64_t ask(const RequestRecord& request) override;
    std::vector<RequestRecord> requests(std::uint64_t after, std::size_t limit,
                                        bool open_only) override;
    std::vector<RequestRecord> newest_requests(std::uint64_t before, std::size_t limit,
                                               bool open_only) override;

    Position first_position() override;
    /// Scans the log up to the position that it returns.
    Position last_before(Timestamp time) override;
    Position first_dated_from(Timestamp time, Position after) override;
    Position last_stored_before(Timestamp time, Timestamp now) override;
    std::size_t prune(Position through, std::size_t limit) override;
    std::size_t prune_streams(Timestamp before, std::size_t limit) override;
    std::size_t prune_requests(Timestamp before, std::size_t limit) override;
    bool forget(std::string_view agent, const std::optional<RequestAnswer>& answer = {}) override;
    bool rename_agent(std::string_view from, std::string_view to,
                      const RequestRecord& trace) override;
    /// The new file is either complete or not there. It gets the mode of the store's file and, if
    /// root makes it, its owner. While it is being written, it is called `TO-partial`. The
    /// write-ahead log of the store grows in the meantime.
    void backup(const std::string& to) override;

    StoreSpace space() override;
    /// The new content goes through the write-ahead log, which is as large as the file until
    /// compact() ends.
    void compact() override;

    /// Checks that all three files are still those that were opened, and that the database file is
    /// as SQLite left it. Takes a few microseconds.
    void look() override;

private:
    struct Parts;
    explicit SqliteStore(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

} // namespace bus
