#pragma once

#include <bus/store/event_store.hpp>
#include <bus/store/internal/agent_progress.hpp>
#include <bus/store/sqlite/connection.hpp>
#include <bus/store/sqlite/log_row.hpp>
#include <bus/store/verify.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

/// The checks of a store, all over the same snapshot. They must be called in the order of their
/// declarations, because later ones use what earlier ones have read.
namespace bus::sqlite {

/// An agent according to its row. If the row is damaged but its checksum shows the original value,
/// this value is used.
struct VerifiedAgent {
    internal::AgentProgress progress;
    std::string name{};
    std::uint64_t states = 0;
    bool balanced = false; ///< delivered = finished + discarded + number of deliveries
};

/// The data that the checks share.
struct VerifyContext {
    Connection& connection;
    const VerifyOptions& options;
    const std::function<void(const VerifyProgress&)>& progress;
    VerifyReport report{};
    LogRow log{};
    /// A read has failed before, so a read that fails now is damage.
    bool failed_read_is_damage = false;
    bool log_known = true; ///< false: the counts in `log` cannot be relied on
    std::map<std::int64_t, std::string> names{};
    std::map<std::int64_t, VerifiedAgent> agents{};

    /// Adds a finding to the report. If there are many of its kind, only counts it.
    void add(Finding finding);
    /// Reports the progress from time to time.
    void tell(std::string_view doing, std::uint64_t done, std::uint64_t total) const;
    /// Runs a check. If the file cannot be read, this becomes a finding.
    void run(std::string_view what, const std::function<void()>& check);
    /// The name of an agent, for messages.
    [[nodiscard]] std::string agent_name(std::int64_t id) const;
};

void verify_pages(VerifyContext& context);
void verify_schema(VerifyContext& context);
void verify_log_row(VerifyContext& context);
void verify_names(VerifyContext& context);

void verify_events(VerifyContext& context);
void verify_streams(VerifyContext& context);
void verify_event_ids(VerifyContext& context);
void verify_pruned_streams(VerifyContext& context);
void verify_stored_times(VerifyContext& context);

void verify_agents(VerifyContext& context);
void verify_ranges(VerifyContext& context);
void verify_unknown_agents(VerifyContext& context);

void verify_conservation(VerifyContext& context);
void verify_deliveries(VerifyContext& context);

void verify_states(VerifyContext& context);
void verify_timers(VerifyContext& context);
void verify_requests(VerifyContext& context);

/// The checksum of the first `count` columns of a row. After these and the checksum come `later`
/// columns, which newer schemas have added; if one of them is not NULL, they are included.
std::int64_t row_checksum(const Statement::Run& run, int count, int later = 0);
/// The same, with another number in one of the columns.
std::int64_t row_checksum_with(const Statement::Run& run, int count, int column, std::int64_t value,
                               int later = 0);
/// Whether the checksum behind the first `count` columns is right.
bool row_is_as_written(const Statement::Run& run, int count, int later = 0);

/// What is wrong with a text that should be JSON; empty if nothing is.
std::string json_error(std::string_view text);

} // namespace bus::sqlite
