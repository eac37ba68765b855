#include "test/simulation/errands.hpp"

#include "test/simulation/host.hpp"
#include "test/simulation/parcels.hpp"
#include "test/simulation/request_checks.hpp"
#include <bus/store/retention.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/describe/enum_to_string.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <span>

namespace simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t rows_at_a_time = 100;

/// An agent that has deliveries in a state; empty if there is none.
std::string agent_with(bus::DeliveryState state, std::uint64_t chance, bus::EventStore& store) {
    std::vector<std::string> found;
    for (const bus::AgentRecord& agent : store.agents()) {
        if (!store.deliveries(agent.name, state, 0, 1).empty()) {
            found.push_back(agent.name);
        }
    }
    return found.empty() ? std::string{} : found[chance % found.size()];
}

/// A request for all deliveries of an agent that are in a state, or for the oldest of them.
std::optional<bus::RequestRecord> of_deliveries(bus::DeliveryAction action,
                                                bus::DeliveryState state, std::uint64_t chance,
                                                bus::EventStore& store) {
    const std::string agent = agent_with(state, chance, store);
    if (agent.empty()) {
        return std::nullopt;
    }
    bus::RequestRecord request{.why = "it works again", .action = action, .agent = agent};
    switch (chance / 7 % 3) {
    case 0: request.position = store.deliveries(agent, state, 0, 1).front().position; break;
    case 1: request.limit = 1; break;
    default: break;
    }
    return request;
}

/// A request to discard one of the packer's deliveries, in any state.
std::optional<bus::RequestRecord> of_discard(std::uint64_t chance, bus::EventStore& store) {
    const std::string agent = packer_name(store);
    const std::vector<bus::DeliveryBrief> rows = store.delivery_briefs(agent);
    if (rows.empty()) {
        return std::nullopt;
    }
    return bus::RequestRecord{.why = "the order was withdrawn",
                              .action = bus::DeliveryAction::discard,
                              .agent = agent,
                              .position = rows[chance % rows.size()].position};
}

/// A request to prune up to a position that all agents are done with, or up to any position, which
/// may be refused.
std::optional<bus::RequestRecord> of_prune(std::uint64_t chance, bus::EventStore& store) {
    const bus::Position first = store.first_position();
    const bus::Position last = store.last_position();
    if (last < first) {
        return std::nullopt;
    }
    bus::Position through = first + chance / 2 % (last - first + 1);
    if (const auto obstacle = bus::prune_obstacle(store, through); obstacle && chance % 2 == 0) {
        through = obstacle->free_through;
    }
    return through < first ? std::nullopt
                           : std::optional{bus::RequestRecord{.why = "the disk fills up",
                                                              .action = bus::DeliveryAction::prune,
                                                              .position = through}};
}

std::optional<bus::RequestRecord> of_errand(const Ask& ask, bus::EventStore& store,
                                            bus::Timestamp now) {
    switch (ask.errand) {
    case Errand::retry:
        return of_deliveries(bus::DeliveryAction::retry, bus::DeliveryState::deferred, ask.chance,
                             store);
    case Errand::redrive:
        return of_deliveries(bus::DeliveryAction::redrive, bus::DeliveryState::dead, ask.chance,
                             store);
    case Errand::discard: return of_discard(ask.chance, store);
    case Errand::prune: return of_prune(ask.chance, store);
    case Errand::prune_requests: break;
    }
    const auto ms = static_cast<std::int64_t>(ask.chance % 3'000);
    return bus::RequestRecord{.why = "nobody wants to read them",
                              .action = bus::DeliveryAction::prune_requests,
                              .before = now - std::chrono::milliseconds{ms}};
}

/// The positions that a request is for, as the command `bus` finds them.
std::vector<bus::Position> positions_of(const bus::RequestRecord& request, bus::EventStore& store) {
    if (request.position != 0) {
        return {request.position};
    }
    const auto state = request.action == bus::DeliveryAction::retry ? bus::DeliveryState::deferred
                                                                    : bus::DeliveryState::dead;
    std::vector<bus::Position> positions;
    for (const bus::DeliveryRecord& row :
         store.deliveries(request.agent, state, 0,
                          request.limit == 0 ? bus::EventStore::unlimited : request.limit)) {
        positions.push_back(row.position);
    }
    return positions;
}

/// The operator at the command line.
class Operator {
public:
    Operator(World& world, const Visit& visit)
        : world_{world},
          visit_{visit},
          store_{bus::SqliteStore::open({.path = world.store(), .program = "bus"})} {}

    void work() {
        if (world_.plan.prunes) {
            world_.keep(*store_);
        }
        for (const Ask& ask : visit_.asks) {
            world_.now += 1ms;
            if (auto request = request_for(ask, *store_, world_.now)) {
                note(words_for(*request) + (ask.only_asked ? ", of the next host" : ""));
                carry_out(ask, *request);
            }
        }
        if (visit_.renames && store_->agent(older_packer)) {
            rename();
        }
    }

private:
    void note(const std::string& text) {
        world_.trace.add(world_.now, "no host runs; an operator: " + text);
    }

    void carry_out(const Ask& ask, bus::RequestRecord& request) {
        request.at = world_.now;
        const bool prunes = request.action == bus::DeliveryAction::prune ||
                            request.action == bus::DeliveryAction::prune_requests;
        world_.asked.push_back(
            request); // noted first: the request may be stored although the power fails
        if (prunes || ask.only_asked) {
            request.number = store_->ask(request);
            world_.asked.back().number = request.number;
        }
        if (ask.only_asked) {
            return;
        }
        if (prunes) {
            answer(request, prune(request));
        } else {
            change(request);
        }
    }

    void change(const bus::RequestRecord& request) {
        bus::Part part;
        part.commanded_at = world_.now;
        for (const bus::Position position : positions_of(request, *store_)) {
            part.commands.push_back(
                {request.action, request.agent, position, request.who, request.why});
        }
        commit(part);
    }

    std::string prune(const bus::RequestRecord& request) {
        const bool events = request.action == bus::DeliveryAction::prune;
        std::size_t removed = 0;
        try {
            for (std::size_t last = rows_at_a_time; last == rows_at_a_time; removed += last) {
                last = events ? store_->prune(request.position, rows_at_a_time)
                              : store_->prune_requests(*request.before, rows_at_a_time);
            }
        } catch (const bus::PruneRefused& refusal) {
            return removed == 0
                       ? refusal.what()
                       : std::to_string(removed) + " events removed, then: " + refusal.what();
        }
        return std::to_string(removed) + (events ? " events removed" : " requests removed");
    }

    void answer(const bus::RequestRecord& request, const std::string& result) {
        bus::Part part;
        part.answers.push_back({request.number, world_.now, result});
        commit(part);
        note(result);
    }

    void commit(const bus::Part& part) {
        const bus::PartResult result = store_->commit({&part, 1}, true).front();
        if (result.error) {
            std::rethrow_exception(result.error);
        }
    }

    void rename() {
        note("renames the packer");
        store_->rename_agent(older_packer, newer_packer,
                             {.at = world_.now,
                              .who = "operator",
                              .why = "its program is new",
                              .action = bus::DeliveryAction::rename,
                              .agent = older_packer,
                              .done_at = world_.now,
                              .result = std::string{"renamed to "} + newer_packer});
    }

    World& world_;
    const Visit& visit_;
    std::unique_ptr<bus::SqliteStore> store_;
};

/// After each life, with a disk that works: archives the log, and checks that nothing was pruned
/// too early.
void look_after(World& world, std::uint64_t seed) {
    world.disk.simulate({.seed = seed});
    try {
        const auto store = bus::SqliteStore::open({.path = world.store(), .read_only = true});
        world.keep(*store);
        for (const std::string& trouble : pruned_too_early(*store)) {
            throw Misbehaved{trouble};
        }
    } catch (const bus::StoreError& error) {
        world.trace.add(world.now, "there is no store yet");
    }
    world.disk.simulate({});
}

} // namespace

std::optional<bus::RequestRecord> request_for(const Ask& ask, bus::EventStore& store,
                                              bus::Timestamp now) {
    auto request = of_errand(ask, store, now);
    if (request) {
        request->who = "operator";
    }
    return request;
}

std::string words_for(const bus::RequestRecord& request) {
    std::string text = boost::describe::enum_to_string(request.action, "?");
    if (!request.agent.empty()) {
        text += " for " + request.agent;
    }
    if (request.position != 0) {
        text += ", position " + std::to_string(request.position);
    }
    if (request.limit != 0) {
        text += ", the oldest " + std::to_string(request.limit);
    }
    return text;
}

void visit(World& world, const Life& life) {
    if (life.visit && std::filesystem::exists(world.store())) {
        const Visit& visit = *life.visit;
        world.disk.simulate({.seed = life.seed + 1});
        if (visit.crash_at) {
            world.disk.cut_at_change(*visit.crash_at);
        }
        try {
            Operator{world, visit}.work();
        } catch (const bus::StoreError& error) {
            world.trace.add(world.now, "the operator's command fails");
        }
        world.disk.simulate({});
        if (world.disk.is_off()) {
            ++world.crashes;
            world.trace.add(world.now,
                            "CRASH while no host runs, in the " + world.disk.cut_where());
            world.disk.power_on(visit.loss);
        }
        world.disk.forget_plans();
    }
    if (world.plan.prunes) {
        look_after(world, life.seed + 2);
    }
}

} // namespace simulation
