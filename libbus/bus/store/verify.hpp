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

/// Proves that nothing in a store is missing or damaged, or says what is.
namespace bus {

/// What can be wrong with a store; docs/guides/verify.md has each one.
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

/// `event_missing`, and so on.
[[nodiscard]] std::string_view name_of(FindingKind kind) noexcept;
/// What it means for who runs the store; one or two sentences.
[[nodiscard]] std::string_view meaning_of(FindingKind kind) noexcept;
/// What to do about it.
[[nodiscard]] std::string_view advice_on(FindingKind kind) noexcept;
/// All kinds, in order.
[[nodiscard]] const std::vector<FindingKind>& all_finding_kinds();

struct Finding {
    FindingKind kind = FindingKind::page_damaged;
    /// Nothing is damaged, but whoever looks may want to know.
    bool note = false;
    std::string what{};                 ///< a sentence that names the row: "event 17 is missing"
    std::optional<Position> position{}; ///< of the event that it is about
    std::string agent{};                ///< that it is about; may be empty
};

/// What verify() has seen.
struct VerifyReport {
    std::string store{};
    Position first_position = 0; ///< of the events that are there; 0: there is none
    Position last_position = 0;
    Position pruned_through = 0;
    std::uint64_t events = 0;
    std::uint64_t unchecked_events = 0; ///< written before there were checksums
    std::uint64_t unchecked_requests = 0;
    std::uint64_t streams = 0;
    std::uint64_t agents = 0;
    std::uint64_t deliveries = 0;
    std::uint64_t states = 0;
    std::uint64_t timers = 0;
    std::uint64_t requests = 0;

    std::vector<Finding> findings{}; ///< those of damage and notes, in the order they were found
    /// How many of each kind there are, of damage; `findings` keeps at most so many of each kind as
    /// the options say.
    std::map<FindingKind, std::uint64_t> damage{};
    /// The same of notes.
    std::map<FindingKind, std::uint64_t> notes{};
    /// Which life of the store this is: it is drawn at random when a store is made, and when a
    /// backup is first opened for writing. Positions mean the same only within one. 0: a backup
    /// that was never opened for writing.
    std::uint64_t generation = 0;

    /// Nothing is missing or damaged. Notes may be there.
    [[nodiscard]] bool clean() const noexcept { return damage.empty(); }
};

/// How far verify() is, for whoever waits.
struct VerifyProgress {
    std::string_view doing{}; ///< "reading events"
    std::uint64_t done = 0;   ///< rows
    std::uint64_t total = 0;  ///< rows; 0: nobody knows
};

struct VerifyOptions {
    std::filesystem::path path{}; ///< a file that SqliteStore has written
    std::chrono::milliseconds busy_timeout{5'000};
    /// Findings of each kind that are told one by one, of damage and of notes each.
    std::size_t most_of_a_kind = 20;
};

/// Reads all of a store in one snapshot, over a connection of its own that cannot write: beside a
/// running host too, whose write-ahead log is not cut while it runs. Five seconds for a
/// million events; memory does not grow with their number.
///
/// Damage is told in the report, a file that SQLite cannot read included. Throws StoreError where
/// there is nothing to be verified: no such file, no store, one of an older or newer schema.
[[nodiscard]] VerifyReport verify(const VerifyOptions& options,
                                  const std::function<void(const VerifyProgress&)>& progress = {});

} // namespace bus
