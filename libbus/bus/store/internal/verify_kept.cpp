#include <bus/store/internal/part_rules.hpp>
#include <bus/store/internal/verify_context.hpp>

#include <algorithm>

/// State, timers and requests.
namespace bus::sqlite {

namespace {

constexpr const char* verifying_states = "verify what agents keep in";
constexpr const char* verifying_timers = "verify the timers of";
constexpr const char* verifying_requests = "verify the requests in";

void see_state(VerifyContext& context, const Statement::Run& run) {
    const std::string agent = context.agent_name(run.integer(0));
    const std::string row = "the state '" + run.text(1) + "' of agent " + agent;
    if (!row_is_as_written(run, 3)) {
        context.add({.kind = FindingKind::state_changed,
                     .what = row + " is not as it was written",
                     .agent = agent});
    }
    if (const std::string error = json_error(run.view(2)); !error.empty()) {
        context.add({.kind = FindingKind::state_invalid,
                     .what = row + " is no JSON: " + error,
                     .agent = agent});
    }
}

void compare_counts(VerifyContext& context, const VerifiedAgent& agent, std::uint64_t found) {
    if (found != agent.states) {
        context.add(
            {.kind = found < agent.states ? FindingKind::state_missing : FindingKind::state_added,
             .what = "agent " + agent.name + " has " + std::to_string(found) +
                     " rows of state, and " + std::to_string(agent.states) + " were written",
             .agent = agent.name});
    }
}

void see_timer(VerifyContext& context, const Statement::Run& run) {
    constexpr int columns = 13;
    const std::string row = "timer " + std::to_string(run.number(0));
    const std::string agent = run.is_null(1) ? std::string{} : context.agent_name(run.integer(1));
    const auto tell = [&](FindingKind kind, const std::string& how) {
        context.add({.kind = kind, .what = row + " " + how, .agent = agent});
    };
    if (!row_is_as_written(run, columns)) {
        tell(FindingKind::timer_changed, "is not as it was written");
    }
    if (context.log_known && run.number(0) > context.log.kept.last_timer) {
        tell(FindingKind::timer_invalid, "has a number above the last one given, " +
                                             std::to_string(context.log.kept.last_timer));
    }
    for (const int column : {4, 6}) {
        if (!context.names.contains(run.integer(column))) {
            tell(FindingKind::name_missing,
                 "refers to name " + std::to_string(run.integer(column)) + ", which is not there");
        }
    }
    if (const std::string error = json_error(run.view(12)); !error.empty()) {
        tell(FindingKind::timer_invalid, "has data that is no JSON: " + error);
    }
}

void see_request(VerifyContext& context, const Statement::Run& run) {
    constexpr int columns = 8; // of what was asked
    const std::string row = "request " + std::to_string(run.number(9));
    if (run.is_null(columns)) {
        ++context.report.unchecked_requests;
    } else if (!row_is_as_written(run, columns)) {
        context.add(
            {.kind = FindingKind::request_changed, .what = row + " is not as it was asked"});
    }
    const std::int64_t action = run.integer(3);
    const std::int64_t kind = run.integer(6);
    if (!internal::names_action(action)) {
        context.add(
            {.kind = FindingKind::request_invalid,
             .what = row + " asks for something that does not exist, " + std::to_string(action)});
    }
    if (kind < 0 || kind > static_cast<std::int64_t>(FailureKind::poison)) {
        context.add({.kind = FindingKind::request_invalid,
                     .what = row + " is about a kind of failure that does not exist, " +
                             std::to_string(kind)});
    }
}

} // namespace

void verify_states(VerifyContext& context) {
    std::map<std::int64_t, std::uint64_t> counts;
    Statement read{context.connection,
                   "SELECT agent, key, json, checksum FROM states ORDER BY agent, key",
                   verifying_states};
    for (Statement::Run run = read.run(); run.next();) {
        see_state(context, run);
        ++counts[run.integer(0)];
        context.tell("reading states", ++context.report.states, 0);
    }
    for (const auto& [id, agent] : context.agents) {
        compare_counts(context, agent, counts[id]);
    }
}

void verify_timers(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT number, agent, due, event_id, event_type, event_version, "
                   "aggregate_type, aggregate_id, execution_id, user_id, occurred_at, "
                   "causation_id, data, checksum FROM timers ORDER BY number",
                   verifying_timers};
    for (Statement::Run run = read.run(); run.next();) {
        see_timer(context, run);
        context.tell("reading timers", ++context.report.timers, 0);
    }
    const std::uint64_t written = context.log.kept.timers;
    if (context.log_known && context.report.timers != written) {
        context.add({.kind = context.report.timers < written ? FindingKind::timer_missing
                                                             : FindingKind::timer_added,
                     .what = "there are " + std::to_string(context.report.timers) +
                             " timers, and there should be " + std::to_string(written)});
    }
}

void verify_requests(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT at, who, why, action, agent, position, kind, error, checksum, number "
                   "FROM requests ORDER BY number",
                   verifying_requests};
    for (Statement::Run run = read.run(); run.next();) {
        see_request(context, run);
        context.tell("reading requests", ++context.report.requests, 0);
    }
}

} // namespace bus::sqlite
