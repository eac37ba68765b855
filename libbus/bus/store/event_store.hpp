#pragma once

#include <bus/store/records.hpp>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// The store cannot do what was asked (disk full, no such file, no database, ...). The message
/// names the store, what failed and what to do.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A part was refused for what it holds, such as a text that is too long: it will never be stored.
class PartRefused : public StoreError {
public:
    using StoreError::StoreError;
};

/// The stream has moved on since the caller looked.
class VersionConflict : public std::runtime_error {
public:
    VersionConflict(const std::string& stream, std::uint64_t expected, std::uint64_t actual);

    [[nodiscard]] std::uint64_t expected() const noexcept { return expected_; }

    [[nodiscard]] std::uint64_t actual() const noexcept { return actual_; }

private:
    std::uint64_t expected_;
    std::uint64_t actual_;
};

/// The same event_id was stored before with other content.
class IdConflict : public std::runtime_error {
public:
    explicit IdConflict(const Uuid& event_id);
};

/// A part of an agent came after another one had failed, or a second host runs the same agent.
class StaleCheckpoint : public std::runtime_error {
public:
    StaleCheckpoint(const std::string& agent, Position expected, Position actual);
};

/// An append-only log of events with a global order, and what agents keep, in one database.
/// commit() is called by one thread at a time, the writer; the readers may be called from any
/// thread at any time, also while it runs, and see whole commits only. All throw StoreError.
class EventStore {
public:
    EventStore() = default;
    EventStore(const EventStore&) = delete;
    EventStore& operator=(const EventStore&) = delete;
    virtual ~EventStore() = default;

    /// What it is and where, for messages: `sqlite:/var/lib/orders.db`.
    [[nodiscard]] virtual std::string description() const = 0;

    /// Writes all parts in one transaction, in their order; a part that fails is rolled back alone
    /// and says so in its result. Where `durable`, it returns after the disk has it all; else it
    /// survives the end of the process only. Throws StoreError where nothing was written.
    virtual std::vector<PartResult> commit(std::span<const Part> parts, bool durable) = 0;

    /// The position of the newest event, 0 in an empty store.
    virtual Position last_position() = 0;

    /// At most `limit` events after a position, in order of position.
    virtual std::vector<StoredEvent> read(Position after, std::size_t limit) = 0;
    /// The same, of one type by wire name.
    virtual std::vector<StoredEvent> read_type(std::string_view event_type, Position after,
                                               std::size_t limit) = 0;
    /// The same, of one execution.
    virtual std::vector<StoredEvent> read_execution(std::string_view execution_id, Position after,
                                                    std::size_t limit) = 0;
    /// At most `limit` events of a stream after a stream version, in order.
    virtual std::vector<StoredEvent> read_stream(std::string_view aggregate_type,
                                                 std::string_view aggregate_id,
                                                 std::uint64_t after_version,
                                                 std::size_t limit) = 0;
    virtual std::optional<StoredEvent> find(const Uuid& event_id) = 0;

    virtual std::optional<AgentRecord> agent(std::string_view name) = 0;
    /// All agents ever registered, by name.
    virtual std::vector<AgentRecord> agents() = 0;
    /// The deliveries of an agent that are in a state, in order of position.
    virtual std::vector<DeliveryRecord> deliveries(std::string_view agent, DeliveryState state) = 0;
    virtual std::optional<DeliveryRecord> delivery(std::string_view agent, Position position) = 0;
    virtual std::optional<StateRecord> state(std::string_view agent, std::string_view key) = 0;
    /// All that an agent keeps under keys that begin with `prefix`, by key.
    virtual std::vector<StateRecord> states(std::string_view agent, std::string_view prefix) = 0;
};

} // namespace bus
