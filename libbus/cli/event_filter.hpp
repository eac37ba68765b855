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

/// Which events of the log somebody wants, as the command line says it.
struct EventFilter {
    std::string stream; ///< AGGREGATE_TYPE/AGGREGATE_ID
    std::string execution;
    std::string type;
    std::string since; ///< when.hpp
    std::string until;
    Position from = 1;                                      ///< the first position
    Position to = std::numeric_limits<std::int64_t>::max(); ///< the last one

    /// Adds the options that fill it.
    void add_options(CLI::App& command);

    /// Whether it may leave any event out.
    [[nodiscard]] bool is_set() const;
};

/// The events that a filter lets pass, in order of position, a page at a time. It asks the store by
/// stream, execution or type where one is given, and looks at the rest itself.
class EventSource {
public:
    /// Throws UsageError where the filter's texts say nothing useful.
    EventSource(EventStore& store, const EventFilter& filter, Timestamp now);

    /// The next ones, at most `most`; fewer, or none, do not mean that there are no more. Empty
    /// and ended() means that.
    std::vector<StoredEvent> next(std::size_t most);

    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Looks again for what was appended since it ended.
    void look_again() noexcept { ended_ = false; }

    /// The position up to which it has looked.
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
