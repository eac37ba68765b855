#include <cli/agents_command.hpp>
#include <cli/carry_out.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/table.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bus::cli {

namespace {

using terminal::Align;
using terminal::Colour;
using terminal::format_count;

struct AgentRow {
    AgentRecord record{};
    Conservation account{};
    std::uint64_t lag = 0;       ///< positions that are not settled yet
    std::uint64_t in_flight = 0; ///< deliveries that have begun and have not ended
    std::vector<WaitingCount> waiting{};
};

bool replays(const AgentRecord& agent) {
    return agent.checkpoint < agent.replay.through;
}

/// How much of its replay an agent has done, in percent: 0 to 99.
std::uint64_t percent_replayed(const AgentRecord& agent) {
    constexpr std::uint64_t all = 100;
    const Position begin = std::min(agent.start, agent.checkpoint);
    return all * (agent.checkpoint - begin) / (agent.replay.through - begin);
}

bool settled(const AgentRecord& agent, Position position) {
    return position <= agent.checkpoint ||
           std::any_of(agent.ahead.begin(), agent.ahead.end(), [&](const PositionRange& range) {
               return range.first <= position && position <= range.last;
           });
}

std::uint64_t lag_of(const AgentRecord& agent, Position last) {
    std::uint64_t lag = last > agent.checkpoint ? last - agent.checkpoint : 0;
    for (const PositionRange& range : agent.ahead) {
        lag -= std::min(lag, range.last - range.first + 1);
    }
    return lag;
}

/// How many deliveries are begun, as the agent's note says, and not settled. Only the host knows
/// whether they are running. If no host runs, the process died during them.
std::uint64_t in_flight_of(EventStore& store, const AgentRecord& agent, Timestamp now) {
    const auto note = store.begun(agent.name);
    if (!note) {
        return 0;
    }
    std::uint64_t count = 0;
    for (Position at = std::max(note->range.first, agent.checkpoint + 1); at <= note->range.last;
         ++at) {
        count += settled(agent, at) ? 0U : 1U;
    }
    for (const Position at : note->repeated) {
        const auto delivery = store.delivery(agent.name, at);
        // A redriven delivery is due at once, and may not have begun since.
        const bool waits = delivery && delivery->state != DeliveryState::dead &&
                           (delivery->state == DeliveryState::parked ||
                            (delivery->due != Timestamp{} && delivery->due <= now));
        count += waits ? 1U : 0U;
    }
    return count;
}

std::vector<AgentRow> read_agents(EventStore& store, Timestamp now) {
    std::vector<AgentRow> rows;
    const std::vector<Conservation> accounts = store.conservation();
    for (const AgentRecord& agent : store.agents()) {
        AgentRow row{.record = agent};
        const auto account = std::find_if(accounts.begin(), accounts.end(),
                                          [&](const auto& one) { return one.agent == agent.name; });
        if (account != accounts.end()) {
            row.account = *account;
        }
        row.lag = lag_of(agent, store.last_position());
        row.in_flight = in_flight_of(store, agent, now);
        row.waiting = store.count_waiting(agent.name);
        rows.push_back(std::move(row));
    }
    return rows;
}

boost::json::object to_json(const AgentRow& row) {
    boost::json::array ahead;
    for (const PositionRange& range : row.record.ahead) {
        ahead.push_back(boost::json::array{range.first, range.last});
    }
    boost::json::array waiting;
    for (const WaitingCount& count : row.waiting) {
        waiting.push_back({{"event_type", count.event_type},
                           {"event_version", count.event_version},
                           {"deferred", count.deferred},
                           {"waits_for_newer_program", count.newer},
                           {"parked", count.parked},
                           {"dead", count.dead}});
    }
    boost::json::value replay; // null: the agent does not replay
    if (replays(row.record)) {
        replay = {{"position", row.record.checkpoint},
                  {"through", row.record.replay.through},
                  {"percent", percent_replayed(row.record)},
                  {"effects", row.record.replay.effects}};
    }
    return {{"agent", row.record.name},
            {"start", row.record.start},
            {"checkpoint", row.record.checkpoint},
            {"ahead", std::move(ahead)},
            {"replay", std::move(replay)},
            {"lag", row.lag},
            {"in_flight", row.in_flight},
            {"delivered", row.account.delivered},
            {"finished", row.account.finished},
            {"discarded", row.account.discarded},
            {"deferred", row.account.deferred},
            {"parked", row.account.parked},
            {"dead", row.account.dead},
            {"quarantined", row.account.quarantined},
            {"waiting", std::move(waiting)}};
}

/// Such as `12,000 of 50,000, 24 %`; empty if the agent does not replay.
std::string replay_text(const AgentRecord& agent) {
    return replays(agent) ? fmt::format("{} of {}, {} %", format_count(agent.checkpoint),
                                        format_count(agent.replay.through), percent_replayed(agent))
                          : std::string{};
}

terminal::Table table_of(const std::vector<AgentRow>& rows) {
    std::vector<terminal::Column> columns{{.title = "agent", .whole = true}};
    for (const auto& [title, short_title] :
         std::initializer_list<std::pair<const char*, const char*>>{{"checkpoint", "checkp."},
                                                                    {"lag", ""},
                                                                    {"in flight", "in fl."},
                                                                    {"finished", "fin."},
                                                                    {"deferred", "def."},
                                                                    {"parked", "park."},
                                                                    {"dead", ""},
                                                                    {"quarantined", "quar."}}) {
        columns.push_back({title, Align::right, short_title});
    }
    const bool any_replay = std::any_of(rows.begin(), rows.end(),
                                        [](const AgentRow& row) { return replays(row.record); });
    if (any_replay) {
        columns.push_back({.title = "replay", .whole = true});
    }
    terminal::Table table{std::move(columns)};
    for (const AgentRow& row : rows) {
        std::vector<std::string> cells{row.record.name};
        for (const std::uint64_t number :
             {row.record.checkpoint, row.lag, row.in_flight, row.account.finished,
              row.account.deferred, row.account.parked, row.account.dead,
              row.account.quarantined}) {
            cells.push_back(format_count(number));
        }
        if (any_replay) {
            cells.push_back(replay_text(row.record));
        }
        table.row(std::move(cells), row.account.dead != 0 ? Colour::red : Colour::none);
    }
    return table;
}

/// What each agent has not finished, by event type. Only a program knows which types it has; the
/// store knows which deliveries wait for a program that has their version.
void print_waiting(Shared& shared, const std::vector<AgentRow>& rows) {
    terminal::Table table{{{.title = "agent", .whole = true},
                           {"has not finished"},
                           {"version", Align::right},
                           {"deferred", Align::right, "def."},
                           {"parked", Align::right, "park."},
                           {"dead", Align::right},
                           {"waits for"}}};
    bool any = false;
    for (const AgentRow& row : rows) {
        for (const WaitingCount& count : row.waiting) {
            any = true;
            table.row({row.record.name, count.event_type, std::to_string(count.event_version),
                       format_count(count.deferred), format_count(count.parked),
                       format_count(count.dead),
                       count.newer == 0
                           ? std::string{}
                           : fmt::format("a program that knows version {}", count.event_version)});
        }
    }
    if (any) {
        shared.print('\n' + table.render(shared.look()));
    }
}

int list(Shared& shared) {
    const auto store = shared.open_to_read();
    const std::vector<AgentRow> rows = read_agents(*store, shared.console().now());
    if (shared.json()) {
        for (const AgentRow& row : rows) {
            shared.print(to_json(row));
        }
        return exit_code::done;
    }
    if (rows.empty()) {
        shared.note(store->description() + " knows no agents yet");
        return exit_code::done;
    }
    shared.print(table_of(rows).render(shared.look()));
    print_waiting(shared, rows);
    return exit_code::done;
}

struct ForgetOptions {
    std::string agent;
    OperatorOptions by;
};

int say_what_would_go(Shared& shared, EventStore& store, const RequestRecord& request,
                      const OperatorOptions& by) {
    Conservation account;
    for (const Conservation& one : store.conservation()) {
        account = one.agent == request.agent ? one : account;
    }
    const std::uint64_t unfinished = account.deferred + account.parked + account.dead;
    if (shared.json()) {
        shared.print(json_of_dry_run(request, by, unfinished));
    } else {
        // Only the host knows which agents it runs.
        shared.print(fmt::format(
            "would forget {} with its checkpoint, state and timers, {} deferred, {} "
            "parked and {} dead deliveries; a host that runs {} refuses\n",
            request.agent, account.deferred, account.parked, account.dead, request.agent));
    }
    return exit_code::done;
}

int forget(Shared& shared, const ForgetOptions& options) {
    Order order;
    order.request.action = DeliveryAction::forget;
    order.request.agent = options.agent;
    {
        const auto store = shared.open_to_read();
        require_agent(*store, options.agent);
        if (options.by.dry_run) {
            return say_what_would_go(shared, *store, order.request, options.by);
        }
    }
    return carry_out(shared, options.by, {std::move(order)});
}

struct RenameOptions {
    std::string from;
    std::string to;
    OperatorOptions by;
};

/// Always done by this process, which is the store's writer meanwhile. A running host cannot do it,
/// because it knows the agent by one of the two names.
int rename(Shared& shared, const RenameOptions& options) {
    if (options.to.empty() || options.to == options.from) {
        throw UsageError{"NEW must be another name than OLD"};
    }
    check_utf8("NEW", options.to);
    RequestRecord trace;
    trace.action = DeliveryAction::rename;
    trace.agent = options.from;
    options.by.sign(trace);
    trace.result = "renamed to " + options.to;
    {
        const auto store = shared.open_to_read();
        require_agent(*store, options.from);
        if (options.by.dry_run) {
            if (shared.json()) {
                shared.print(json_of_dry_run(trace, options.by, 1));
            } else {
                shared.print(fmt::format("would rename {} to {}; nothing was changed (--dry-run)\n",
                                         options.from, options.to));
            }
            return exit_code::done;
        }
    }
    const auto store = shared.open_to_write();
    trace.at = shared.console().now();
    trace.done_at = trace.at;
    store->rename_agent(options.from, options.to, trace);
    say_done(shared, trace, "as no host runs the store");
    return exit_code::done;
}

} // namespace

void add_agents(CLI::App& app, Shared& shared) {
    CLI::App& agents =
        *app.add_subcommand("agents", "The agents in the store; without a command, lists them");
    agents.require_subcommand(0, 1);
    shared.on_parsed_alone(agents, [&shared] { return list(shared); });
    CLI::App& list_command = *agents.add_subcommand(
        "list", "Where each agent is in the log, and what waits, is parked or given up");
    shared.on_parsed(list_command, [&shared] { return list(shared); });
    CLI::App& forget_command = *agents.add_subcommand(
        "forget", "Remove all that the store keeps for an agent that no program has any more");
    const auto options = std::make_shared<ForgetOptions>();
    forget_command.add_option("NAME", options->agent, "The agent")->required();
    options->by.add_options(forget_command);
    shared.on_parsed(forget_command, [&shared, options] { return forget(shared, *options); });
    CLI::App& rename_command = *agents.add_subcommand(
        "rename", "Give an agent another name, with all that the store keeps for it");
    const auto renaming = std::make_shared<RenameOptions>();
    rename_command.add_option("OLD", renaming->from, "Its name in the store")->required();
    rename_command.add_option("NEW", renaming->to, "Its name in its program now")->required();
    renaming->by.add_options(rename_command);
    shared.on_parsed(rename_command, [&shared, renaming] { return rename(shared, *renaming); });
}

} // namespace bus::cli
