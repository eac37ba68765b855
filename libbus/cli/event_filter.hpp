#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace bus::cli {

/// Selects events of the log, as the command line says.
struct EventFilter {
    std::string stream; ///< AGGREGATE_TYPE/AGGREGATE_ID
    std::string execution;
    std::string type;
    std::string since;                                      ///< a text that parse_when() reads
    std::string until;                                      ///< likewise
    Position from = 1;                                      ///< the first position
    Position to = std::numeric_limits<std::int64_t>::max(); ///< the last one

    /// Adds the options that fill the filter.
    void add_options(CLI::App& command);

    /// Whether the filter can leave out any event.
    [[nodiscard]] bool is_set() const;
};

/// The events that a filter selects, in order of position, a page at a time. If the filter names a
/// stream, an execution or a type, the store is queried by it; the other conditions are checked
/// here. The store and the filter must outlive the source.
class EventSource {
public:
    /// Throws UsageError if a text of the filter cannot be read.
    EventSource(EventStore& store, const EventFilter& filter, Timestamp now);

    /// The next events, at most `most`. There can be more even if it returns fewer or none; there
    /// are no more when it returns none and ended() is true.
    std::vector<StoredEvent> next(std::size_t most);

    /// Whether the end of the log was reached.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Continues after the end with the events that were appended since.
    void look_again() noexcept { ended_ = false; }

    /// The position up to which the log was read.
    [[nodiscard]] Position looked_through() const noexcept { return after_; }

private:
    [[nodiscard]] std::vector<StoredEvent> read(std::size_t limit);
    [[nodiscard]] bool passes(const StoredEvent& event) const;

    EventStore& store_;
    const EventFilter& filter_;
    std::string aggregate_type_;
    std::string aggregate_id_;
    std::optional<Timestamp> since_;
    std::optional<Timestamp> until_;
    Position after_ = 0;
    std::uint64_t after_version_ = 0;
    bool ended_ = false;
};

} // namespace bus::cli
