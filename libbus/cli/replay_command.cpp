#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
#include <cli/replay_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

namespace bus::cli {

namespace {

using terminal::format_count;

struct ReplayOptions {
    OperatorOptions by;
    std::string agent;
    Position from = 0;
    bool effects = false;
    bool force = false;
};

Order order_of(const ReplayOptions& options) {
    Order order;
    order.request.action =
        options.effects ? DeliveryAction::replay_with_effects : DeliveryAction::replay;
    order.request.agent = options.agent;
    order.request.position = options.from;
    order.request.forced = options.force;
    return order;
}

/// A replay drops the state of the agent. The state is lost as far as it came from events that are
/// not handled again: those that were pruned, and those before --from.
void warn_of_what_is_lost(Shared& shared, EventStore& store, const ReplayOptions& options) {
    const AgentRecord agent = store.agent(options.agent).value_or(AgentRecord{});
    const Position first = store.first_position();
    const Position done = std::min(agent.checkpoint, first - 1);
    if (agent.start < done) {
        shared.note(fmt::format("the events up to {} were pruned: what {} keeps of them is dropped "
                                "from its state, and no replay brings it back; to keep a copy, run "
                                "`bus backup` before",
                                first - 1, options.agent));
    }
    const Position before = std::max(agent.start + 1, first);
    if (options.from > before) {
        shared.note(fmt::format("with --from {} what {} keeps of the events {} to {} is dropped "
                                "from its state too, and comes back only by a replay from {}",
                                options.from, options.agent, before, options.from - 1, before));
    }
}

int dry_run(Shared& shared, EventStore& store, const ReplayOptions& options) {
    const AgentRecord agent = store.agent(options.agent).value_or(AgentRecord{});
    const Position first =
        std::min(std::max(options.from, store.first_position()), agent.checkpoint + 1);
    const std::uint64_t events = agent.checkpoint + 1 - first;
    const std::size_t unfinished = store.delivery_briefs(options.agent).size();
    if (shared.json()) {
        shared.print({{"agent", options.agent},
                      {"from", first},
                      {"events", events},
                      {"unfinished", unfinished},
                      {"effects", options.effects},
                      {"pruned_through", store.first_position() - 1},
                      {"dry_run", true}});
        return exit_code::done;
    }
    shared.print(fmt::format("would drop the state of {} and have it handle again the {} events of "
                             "the log from position {} to {}, {}\n{} deliveries that have not "
                             "finished {}; nothing was changed (--dry-run)\n",
                             options.agent, format_count(events), first, agent.checkpoint,
                             options.effects ? "with all its effects once more (--effects)"
                                             : "without effects but on its own state",
                             format_count(unfinished),
                             options.effects ? "would be dropped, and their events handled again"
                                             : "would stay as they are"));
    return exit_code::done;
}

/// The host that runs the store; empty if there is none.
std::string host_of(Shared& shared) {
    try {
        static_cast<void>(shared.open_to_write());
        return {};
    } catch (const StoreInUse& host) {
        return host.owner();
    }
}

/// Shows the progress of the replay until it is complete or the wait is over.
int follow(Shared& shared, const ReplayOptions& options) {
    constexpr Duration look_every = std::chrono::milliseconds{100};
    const auto store = shared.open_to_read();
    AgentRecord agent = store->agent(options.agent).value_or(AgentRecord{});
    if (agent.checkpoint >= agent.replay.through) {
        return exit_code::done;
    }
    const std::string host = host_of(shared);
    if (host.empty()) {
        return exit_code::done; // the result of the request has said so
    }
    const Position start = agent.start;
    WorkProgress progress{shared, "events", agent.replay.through - start};
    const Timestamp until = shared.console().now() +
                            Duration{std::llround(std::clamp(options.by.wait, 0.0, 1e9) * 1e6)};
    while (agent.checkpoint < agent.replay.through && shared.console().now() < until) {
        progress.update(agent.checkpoint - std::min(agent.checkpoint, start));
        shared.console().pause(look_every);
        shared.check_interrupted();
        agent = store->agent(options.agent).value_or(AgentRecord{});
    }
    if (agent.checkpoint < agent.replay.through) {
        shared.note(fmt::format("{} is at position {} of {}; {} continues the replay: see `bus "
                                "agents list`",
                                options.agent, agent.checkpoint, agent.replay.through, host));
    }
    return exit_code::done;
}

int replay(Shared& shared, const ReplayOptions& options) {
    {
        const auto store = shared.open_to_read();
        require_agent(*store, options.agent);
        if (options.from > store->last_position()) {
            throw UsageError{fmt::format("--from {} is beyond the end of the log, which is {}",
                                         options.from, store->last_position())};
        }
        if (options.effects && options.by.why.empty() && !options.by.dry_run) {
            throw UsageError{"say why with --why: with --effects all that the agent emits happens "
                             "once more, and the reason is kept"};
        }
        warn_of_what_is_lost(shared, *store, options);
        if (options.by.dry_run) {
            return dry_run(shared, *store, options);
        }
    }
    const int code = carry_out(shared, options.by, {order_of(options)});
    return code == exit_code::done ? follow(shared, options) : code;
}

} // namespace

void add_replay(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "replay",
        "Have an agent handle the log again, for its own state unless --effects is given");
    const auto options = std::make_shared<ReplayOptions>();
    command.add_option("AGENT", options->agent, "The agent")->required();
    command.add_option("--from", options->from, "The first event; by default, the oldest one kept")
        ->check(whole_number(1))
        ->type_name("POSITION");
    command.add_flag("--effects", options->effects,
                     "What it emits, schedules and redrives happens once more");
    command.add_flag("--force", options->force,
                     "Even if the log has types of events that the running program does not know");
    options->by.add_options(command);
    shared.on_parsed(command, [&shared, options] { return replay(shared, *options); });
}

} // namespace bus::cli
