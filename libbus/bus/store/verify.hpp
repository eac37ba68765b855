#pragma once

#include <bus/store/records.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Proves that nothing in a store is missing or damaged, or reports what is.
namespace bus {

/// What can be wrong with a store; docs/reference/findings.md describes each kind.
enum class FindingKind : std::uint8_t {
    page_damaged,
    mixed_file,
    index_wrong,
    schema_changed,
    log_missing,
    log_changed,
    last_position_wrong,
    name_missing,
    name_changed,
    event_missing,
    event_changed,
    event_moved,
    event_doubled,
    event_beyond_end,
    event_invalid,
    stream_broken,
    pruned_stream_changed,
    cause_missing,
    agent_missing,
    agent_changed,
    checkpoint_ahead,
    checkpoint_behind,
    range_missing,
    range_added,
    range_changed,
    range_wrong,
    begun_note_wrong,
    conservation_broken,
    delivery_changed,
    delivery_moved,
    delivery_invalid,
    delivery_without_event,
    delivery_unsettled,
    parked_without_blocker,
    state_changed,
    state_missing,
    state_added,
    state_invalid,
    timer_changed,
    timer_missing,
    timer_added,
    timer_invalid,
    request_changed,
    request_missing,
    request_added,
    request_invalid,
};

/// The enumerator's name, such as `event_missing`.
[[nodiscard]] std::string_view name_of(FindingKind kind) noexcept;
/// What the finding means for the operator of the store; one or two sentences.
[[nodiscard]] std::string_view meaning_of(FindingKind kind) noexcept;
/// What to do about it.
[[nodiscard]] std::string_view advice_on(FindingKind kind) noexcept;
/// All kinds, in order.
[[nodiscard]] const std::vector<FindingKind>& all_finding_kinds();

/// One thing that verify() found.
struct Finding {
    FindingKind kind = FindingKind::page_damaged; ///< what is wrong
    /// True: nothing is damaged, but the operator may want to know.
    bool note = false;
    std::string what{};                 ///< a sentence that names the row: "event 17 is missing"
    std::optional<Position> position{}; ///< position of the event concerned; none: no event is
    std::string agent{};                ///< the agent concerned; empty: none is
};

/// The result of verify().
struct VerifyReport {
    /// The file that was checked.
    std::string store{};
    Position first_position = 0;        ///< of the events in the store; 0: it has none
    Position last_position = 0;         ///< newest position of the log
    Position pruned_through = 0;        ///< newest position that was pruned; 0: none
    std::uint64_t events = 0;           ///< number of events that were read
    std::uint64_t unchecked_events = 0; ///< written before there were checksums
    /// Requests that were written before there were checksums.
    std::uint64_t unchecked_requests = 0;
    std::uint64_t streams = 0;    ///< number of streams that were read
    std::uint64_t agents = 0;     ///< number of agents that were read
    std::uint64_t deliveries = 0; ///< number of deliveries that were read
    std::uint64_t states = 0;     ///< number of states that were read
    std::uint64_t timers = 0;     ///< number of timers that were read
    std::uint64_t requests = 0;   ///< number of requests that were read

    std::vector<Finding> findings{}; ///< damage and notes, in the order they were found
    /// How much damage of each kind there is. `findings` lists at most
    /// VerifyOptions::most_of_a_kind of each kind.
    std::map<FindingKind, std::uint64_t> damage{};
    /// How many notes of each kind there are.
    std::map<FindingKind, std::uint64_t> notes{};
    /// Identifies one life of the store. The number is drawn at random when a store is created, and
    /// when a backup is first opened for writing. Positions are comparable only within one life. 0:
    /// a backup that was never opened for writing.
    std::uint64_t generation = 0;

    /// True if nothing is missing or damaged. There may be notes.
    [[nodiscard]] bool clean() const noexcept { return damage.empty(); }
};

/// How far verify() has come, for a progress display.
struct VerifyProgress {
    std::string_view doing{}; ///< what verify() does now: "reading events"
    std::uint64_t done = 0;   ///< rows
    std::uint64_t total = 0;  ///< rows; 0: unknown
};

/// What to verify, and how much to report.
struct VerifyOptions {
    std::filesystem::path path{}; ///< a file that SqliteStore has written
    /// How long to wait for another program that locks the file.
    std::chrono::milliseconds busy_timeout{5'000};
    /// How many findings of each kind the report lists one by one; damage and notes count
    /// separately.
    std::size_t most_of_a_kind = 20;
};

/// Reads all of a store in one snapshot, over a connection of its own that cannot write. It may run
/// beside a running host; the host's write-ahead log is not truncated meanwhile. A million events
/// take about five seconds, and memory use does not grow with their number.
///
/// The report contains all damage, even a file that SQLite cannot read. Throws StoreError if there
/// is nothing to verify: there is no such file, it is not a store, or its schema is older or newer.
[[nodiscard]] VerifyReport verify(const VerifyOptions& options,
                                  const std::function<void(const VerifyProgress&)>& progress = {});

} // namespace bus
