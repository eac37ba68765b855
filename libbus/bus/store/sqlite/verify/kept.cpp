#include <bus/store/internal/part_rules.hpp>
#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/requests.hpp>
#include <bus/store/sqlite/verify/context.hpp>

#include <algorithm>
#include <optional>
#include <utility>

/// Checks states, timers and requests.
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
    // NULL in a row of an older program, whose checksum does not include it.
    constexpr int scheduled_at = 13;
    constexpr int checksum = 14;
    const int columns = run.is_null(scheduled_at) ? scheduled_at : checksum;
    const std::string row = "timer " + std::to_string(run.number(0));
    const std::string agent = run.is_null(1) ? std::string{} : context.agent_name(run.integer(1));
    const auto tell = [&](FindingKind kind, const std::string& how) {
        context.add({.kind = kind, .what = row + " " + how, .agent = agent});
    };
    if (run.is_null(checksum) || run.integer(checksum) != row_checksum(run, columns)) {
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

void see_question(VerifyContext& context, const Statement::Run& run, const std::string& row) {
    constexpr int columns = 8; // the columns of the request itself
    constexpr int later = 5;
    if (run.is_null(columns)) {
        ++context.report.unchecked_requests;
    } else if (!row_is_as_written(run, columns, later)) {
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

/// The columns from `first` on are: number, time of the answer, result, checksum.
void see_answer(VerifyContext& context, const Statement::Run& run, int first,
                const std::string& row) {
    const bool answered = !run.is_null(first + 1);
    const bool has_checksum = !run.is_null(first + 3);
    if (answered != has_checksum) {
        context.add({.kind = FindingKind::request_changed,
                     .what = row + (answered ? " has an answer that nobody has given"
                                             : " has lost its answer")});
    } else if (answered) {
        Checksum checksum;
        for (int column = first; column < first + 3; ++column) {
            run.add_to(checksum, column);
        }
        if (checksum.value() != run.integer(first + 3)) {
            context.add(
                {.kind = FindingKind::request_changed, .what = row + " is not as it was answered"});
        }
    }
}

/// The counts in the row of the log; none if they cannot be relied on.
std::optional<RequestCounts> counts_of_requests(VerifyContext& context) {
    Statement read{context.connection,
                   "SELECT requests, answers, pruned_requests, requests_checksum FROM log",
                   verifying_requests};
    Statement::Run run = read.run();
    if (!run.next()) {
        return std::nullopt; // reported already
    }
    const RequestCounts counts = request_counts(run);
    if (run.is_null(3) || run.integer(3) != counts.checksum()) {
        context.add({.kind = FindingKind::log_changed,
                     .what = "how many requests there must be is not as it was written"});
        return std::nullopt;
    }
    return counts;
}

/// The first number that no request has, for the message. Up to `pruned`, some requests were
/// removed because of their age.
std::string first_gap(const Connection& connection, std::int64_t pruned) {
    Statement gap{connection,
                  "SELECT min(number) + 1 FROM (SELECT ?1 AS number UNION ALL "
                  "SELECT number FROM requests WHERE number > ?1) AS here WHERE NOT EXISTS "
                  "(SELECT 1 FROM requests AS next WHERE next.number = here.number + 1)",
                  verifying_requests};
    Statement::Run run = gap.run(pruned);
    return run.next() ? std::to_string(run.number(0)) : std::string{};
}

void compare_request_counts(VerifyContext& context, const RequestCounts& found) {
    const std::optional<RequestCounts> written = counts_of_requests(context);
    if (!written) {
        return;
    }
    if (found.requests != written->requests) {
        const bool missing = found.requests < written->requests;
        std::string what = "there are " + std::to_string(found.requests) +
                           " requests, and there should be " + std::to_string(written->requests);
        if (missing) {
            what += "; the first number that is not there is " +
                    first_gap(context.connection, written->pruned.value_or(0));
            if (written->pruned) {
                what += ", unless it is one of those up to " + std::to_string(*written->pruned) +
                        ", of which some were pruned";
            }
        }
        context.add({.kind = missing ? FindingKind::request_missing : FindingKind::request_added,
                     .what = std::move(what)});
    } else if (found.answers != written->answers) {
        context.add({.kind = FindingKind::request_changed,
                     .what = std::to_string(found.answers) + " requests have an answer, and " +
                             std::to_string(written->answers) + " were answered"});
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
                   "causation_id, data, scheduled_at, checksum FROM timers ORDER BY number",
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
    constexpr int first_of_answer = 14;
    Statement read{
        context.connection,
        "SELECT at, who, why, action, agent, position, kind, error, checksum, state, most, "
        "older_than, part_of, forced, number, done_at, result, answer_checksum FROM requests "
        "ORDER BY number",
        verifying_requests};
    RequestCounts counts;
    for (Statement::Run run = read.run(); run.next();) {
        const std::string row = "request " + std::to_string(run.number(first_of_answer));
        see_question(context, run, row);
        see_answer(context, run, first_of_answer, row);
        ++counts.requests;
        counts.answers += run.is_null(first_of_answer + 1) ? 0U : 1U;
        context.tell("reading requests", ++context.report.requests, 0);
    }
    compare_request_counts(context, counts);
}

} // namespace bus::sqlite
