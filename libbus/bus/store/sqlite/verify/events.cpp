#include <bus/store/sqlite/verify/context.hpp>

#include <algorithm>
#include <vector>

/// Checks the log itself: positions, content of the events, and streams.
namespace bus::sqlite {

namespace {

constexpr const char* verifying_events = "verify the events of";

#define LIBBUS_EVENT_COLUMNS                                                                       \
    "SELECT position, event_id, event_type, event_version, aggregate_type, aggregate_id, "         \
    "stream_version, execution_id, user_id, occurred_at, causation_id, data, checksum FROM "       \
    "events "

constexpr const char* all_events = LIBBUS_EVENT_COLUMNS "NOT INDEXED ORDER BY position";
constexpr const char* one_event = LIBBUS_EVENT_COLUMNS "WHERE position = ?1";

#undef LIBBUS_EVENT_COLUMNS

constexpr int event_columns = 12;
/// How many places are tried for a row that is not as it was written.
constexpr std::size_t most_places = 1000;
constexpr std::size_t most_events_to_place = 100;

std::string event_at(Position position) {
    return "event " + std::to_string(position);
}

/// Checks one event after another.
class EventCheck {
public:
    explicit EventCheck(VerifyContext& context)
        : context_{context}, next_{context.log.pruned_through + 1} {}

    void see(const Statement::Run& run) {
        const std::int64_t place = run.integer(0);
        const auto position = static_cast<Position>(std::max<std::int64_t>(place, 0));
        see_position(place, position);
        see_row(run, position);
        see_content(run, position);
    }

    void end() {
        if (next_ <= context_.log.last_position) {
            miss(next_, context_.log.last_position);
        }
        find_places();
    }

private:
    void miss(Position first, Position last) {
        for (Position p = first; p <= last && places_.size() < most_places; ++p) {
            places_.push_back(p);
        }
        const std::string what = first == last ? event_at(first) + " is missing"
                                               : "the events " + std::to_string(first) + " to " +
                                                     std::to_string(last) + " are missing";
        context_.add({.kind = FindingKind::event_missing, .what = what, .position = first});
    }

    void see_position(std::int64_t place, Position position) {
        if (place < 1 || position <= context_.log.pruned_through) {
            context_.add({.kind = FindingKind::event_beyond_end,
                          .what = "event " + std::to_string(place) +
                                  " stands before the first position of the log, " +
                                  std::to_string(context_.log.pruned_through + 1),
                          .position = position});
            return;
        }
        if (position > context_.log.last_position) {
            if (next_ <= context_.log.last_position) {
                miss(next_, context_.log.last_position);
            }
            next_ = context_.log.last_position + 1;
            context_.add({.kind = FindingKind::event_beyond_end,
                          .what = event_at(position) + " stands behind the last position, " +
                                  std::to_string(context_.log.last_position),
                          .position = position});
            return;
        }
        if (position > next_) {
            miss(next_, position - 1);
        }
        next_ = position + 1;
    }

    void see_row(const Statement::Run& run, Position position) {
        if (run.is_null(event_columns) &&
            (position <= context_.log.unchecked_through || !context_.log_known)) {
            ++context_.report.unchecked_events;
        } else if (!row_is_as_written(run, event_columns)) {
            if (changed_.size() < most_events_to_place) {
                changed_.push_back(run.integer(0));
                places_.push_back(position);
            } else {
                tell_changed(position);
            }
        }
    }

    void see_content(const Statement::Run& run, Position position) {
        constexpr std::size_t id_bytes = 16;
        std::string wrong;
        if (run.view(1).size() != id_bytes) {
            wrong = "its id has not 16 bytes";
        } else if (!run.is_null(10) && run.view(10).size() != id_bytes) {
            wrong = "the id of its cause has not 16 bytes";
        } else if (const std::string error = json_error(run.view(11)); !error.empty()) {
            wrong = "its data is no JSON: " + error;
        }
        if (!wrong.empty()) {
            context_.add({.kind = FindingKind::event_invalid,
                          .what = event_at(position) + ": " + wrong,
                          .position = position});
        }
        for (const int column : {2, 4}) {
            if (!context_.names.contains(run.integer(column))) {
                context_.add({.kind = FindingKind::name_missing,
                              .what = event_at(position) + " refers to name " +
                                      std::to_string(run.integer(column)) + ", which is not there",
                              .position = position});
            }
        }
    }

    void tell_changed(Position position) {
        context_.add({.kind = FindingKind::event_changed,
                      .what = event_at(position) + " is not as it was written",
                      .position = position});
    }

    /// If a row's checksum fits another place, the row was moved from there.
    void find_places() {
        Statement read{context_.connection, one_event, verifying_events};
        for (const std::int64_t place : changed_) {
            const auto position = static_cast<Position>(std::max<std::int64_t>(place, 0));
            Statement::Run run = read.run(place);
            if (!run.next()) {
                continue;
            }
            const std::int64_t stored = run.integer(event_columns);
            const auto from = std::find_if(places_.begin(), places_.end(), [&](Position p) {
                return stored ==
                       row_checksum_with(run, event_columns, 0, static_cast<std::int64_t>(p));
            });
            if (from == places_.end()) {
                tell_changed(position);
                continue;
            }
            context_.add({.kind = FindingKind::event_moved,
                          .what = "what stands as event " + std::to_string(place) +
                                  " was written as event " + std::to_string(*from),
                          .position = position});
        }
    }

    VerifyContext& context_;
    Position next_;
    std::vector<std::int64_t> changed_; ///< positions of rows that are not as they were written
    std::vector<Position> places_;      ///< positions that they may have come from
};

/// Checks the versions of one stream after another.
class StreamCheck {
public:
    explicit StreamCheck(VerifyContext& context) : context_{context} {}

    void see(const Statement::Run& run) {
        const std::uint64_t version = run.number(2);
        const Position position = run.number(3);
        if (context_.report.streams == 0 || type_ != run.integer(0) || id_ != run.view(1)) {
            ++context_.report.streams;
            type_ = run.integer(0);
            id_ = run.view(1);
            if (version != 1 && context_.log.pruned_through == 0) {
                tell(position, "begins with version " + std::to_string(version) +
                                   ", though nothing was ever pruned");
            }
        } else if (version != version_ + 1) {
            tell(position, "goes from version " + std::to_string(version_) + " to " +
                               std::to_string(version));
        } else if (position <= position_) {
            tell(position, "has version " + std::to_string(version) + " before version " +
                               std::to_string(version_));
        }
        version_ = version;
        position_ = position;
    }

private:
    void tell(Position position, const std::string& how) {
        const auto type = context_.names.find(type_);
        context_.add(
            {.kind = FindingKind::stream_broken,
             .what = "stream " +
                     (type != context_.names.end() ? type->second : std::to_string(type_)) + "/" +
                     id_ + " " + how + ", at event " + std::to_string(position),
             .position = position});
    }

    VerifyContext& context_;
    std::int64_t type_ = 0;
    std::string id_;
    std::uint64_t version_ = 0;
    Position position_ = 0;
};

} // namespace

void verify_events(VerifyContext& context) {
    const std::uint64_t total = context.log.last_position - context.log.pruned_through;
    EventCheck check{context};
    Statement read{context.connection, all_events, verifying_events};
    for (Statement::Run run = read.run(); run.next();) {
        VerifyReport& report = context.report;
        if (report.events == 0) {
            report.first_position = run.number(0);
        }
        check.see(run);
        context.tell("reading events", ++report.events, total);
    }
    check.end();
}

void verify_streams(VerifyContext& context) {
    StreamCheck check{context};
    std::uint64_t seen = 0;
    Statement read{context.connection,
                   "SELECT aggregate_type, aggregate_id, stream_version, position FROM events "
                   "ORDER BY aggregate_type, aggregate_id, stream_version",
                   verifying_events};
    for (Statement::Run run = read.run(); run.next();) {
        check.see(run);
        context.tell("reading streams", ++seen, context.report.events);
    }
}

void verify_event_ids(VerifyContext& context) {
    Statement doubled{context.connection,
                      "SELECT min(position), max(position), count(*) FROM events "
                      "GROUP BY event_id HAVING count(*) > 1",
                      verifying_events};
    for (Statement::Run run = doubled.run(); run.next();) {
        context.add({.kind = FindingKind::event_doubled,
                     .what = "event " + std::to_string(run.number(0)) + " is there " +
                             std::to_string(run.number(2)) + " times, up to position " +
                             std::to_string(run.number(1)),
                     .position = run.number(1)});
    }
    if (context.log.pruned_through != 0) {
        return; // a missing cause may have been pruned
    }
    Statement causes{context.connection,
                     "SELECT count(*), min(e.position) FROM events e "
                     "WHERE e.causation_id IS NOT NULL AND NOT EXISTS "
                     "(SELECT 1 FROM events c WHERE c.event_id = e.causation_id)",
                     verifying_events};
    Statement::Run run = causes.run();
    if (run.next() && run.number(0) != 0) {
        context.add(
            {.kind = FindingKind::cause_missing,
             .note = true,
             .what = std::to_string(run.number(0)) +
                     " events have a cause that is not in the log, the first of them event " +
                     std::to_string(run.number(1)),
             .position = run.number(1)});
    }
}

void verify_pruned_streams(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT aggregate_type, aggregate_id, stream_version, checksum, at, "
                   "(SELECT min(stream_version) FROM events e WHERE e.aggregate_type = "
                   "p.aggregate_type AND e.aggregate_id = p.aggregate_id) FROM pruned_streams p",
                   verifying_events};
    std::uint64_t count = 0;
    for (Statement::Run run = read.run(); run.next(); ++count) {
        const std::string stream = context.agent_name(run.integer(0)) + "/" + run.text(1);
        if (!row_is_as_written(run, 3, 1)) {
            context.add({.kind = FindingKind::pruned_stream_changed,
                         .what = "the last version of the pruned stream " + stream +
                                 " is not as it was written"});
        } else if (!run.is_null(5) && run.number(5) <= run.number(2)) {
            context.add({.kind = FindingKind::pruned_stream_changed,
                         .what = "stream " + stream + " was pruned up to version " +
                                 std::to_string(run.number(2)) + " and has version " +
                                 std::to_string(run.number(5)) + " still"});
        }
    }
    if (context.log_known && count != context.log.pruned_streams) {
        context.add({.kind = FindingKind::pruned_stream_changed,
                     .what = "there are " + std::to_string(count) +
                             " last versions of pruned streams, and " +
                             std::to_string(context.log.pruned_streams) + " were written"});
    }
}

void verify_stored_times(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT position, at, checksum FROM stored_times ORDER BY position",
                   verifying_events};
    std::uint64_t count = 0;
    for (Statement::Run run = read.run(); run.next(); ++count) {
        const std::string row =
            "the note of when event " + std::to_string(run.number(0)) + " was stored";
        if (!row_is_as_written(run, 2)) {
            context.add({.kind = FindingKind::log_changed,
                         .what = row + " is not as it was written",
                         .position = run.number(0)});
        } else if (run.number(0) > context.log.last_position) {
            context.add({.kind = FindingKind::log_changed,
                         .what = row + " is about an event beyond the last position, " +
                                 std::to_string(context.log.last_position),
                         .position = run.number(0)});
        }
    }
    if (context.log_known && count != context.log.stored_times) {
        context.add({.kind = FindingKind::log_changed,
                     .what = "there are " + std::to_string(count) +
                             " notes of when events were stored, and " +
                             std::to_string(context.log.stored_times) + " were written"});
    }
}

} // namespace bus::sqlite
