// Cycles of random graphs, compared with the agents and types that can reach themselves.
#include <bus/agent/graph.hpp>

#include "graph_world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

using test::GivenUpEvent;
using test::LoudPingEvent;
using test::PingEvent;
using test::PongEvent;
using Types = std::vector<const bus::EventType*>;

namespace {

/// An agent that is composed at run time.
class RandomAgent final : public bus::Agent {
public:
    RandomAgent(std::string name, std::mt19937& random) : Agent{std::move(name)} {
        const Types types{&bus::event_type<bus::DomainEvent>(), &bus::event_type<PingEvent>(),
                          &bus::event_type<LoudPingEvent>(), &bus::event_type<PongEvent>(),
                          &bus::event_type<GivenUpEvent>()};
        for (const bus::EventType* handled : types) {
            if (random() % 4 != 0) {
                continue;
            }
            auto declaration = on(*handled, [](const bus::DomainEvent&, bus::Context&) {});
            for (const bus::EventType* emitted : types) {
                if (emitted->base() != nullptr && random() % 5 == 0) {
                    declaration.emits(*emitted);
                }
            }
        }
        if (random() % 3 == 0) {
            emits_on_giving_up<GivenUpEvent>();
        }
    }
};

struct Reaction {
    std::string agent;
    const bus::EventType* type;
    Types emits;
    Types on_giving_up;
};

/// Whether `to` takes events of this type, because no handler of its agent is nearer. This is a
/// second, slow implementation, written from the text of the promise.
bool takes(const std::vector<Reaction>& all, const Reaction& to, const bus::EventType& type) {
    return type.is_a(*to.type) && std::none_of(all.begin(), all.end(), [&](const Reaction& r) {
               return r.agent == to.agent && r.type != to.type && type.is_a(*r.type) &&
                      r.type->is_a(*to.type);
           });
}

bool has(const Types& types, const bus::EventType* type) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

std::vector<Reaction> reactions_of(const bus::EventGraph& graph) {
    std::vector<Reaction> all;
    for (const auto& agent : graph.agents()) {
        for (const auto& reaction : agent.reactions) {
            all.push_back({agent.name, reaction.type, reaction.emits, agent.emits_on_giving_up});
        }
    }
    return all;
}

/// The agents and types that can reach themselves.
std::set<std::pair<std::string, std::string_view>> round_goers(const std::vector<Reaction>& all) {
    const std::size_t n = all.size();
    std::vector<std::vector<bool>> reaches(n, std::vector<bool>(n));
    for (std::size_t from = 0; from < n; ++from) {
        for (std::size_t to = 0; to < n; ++to) {
            for (const Types& types : {all[from].emits, all[from].on_giving_up}) {
                for (const bus::EventType* type : types) {
                    reaches[from][to] = reaches[from][to] || takes(all, all[to], *type);
                }
            }
        }
    }
    for (std::size_t over = 0; over < n; ++over) {
        for (std::size_t from = 0; from < n; ++from) {
            for (std::size_t to = 0; to < n; ++to) {
                reaches[from][to] = reaches[from][to] || (reaches[from][over] && reaches[over][to]);
            }
        }
    }
    std::set<std::pair<std::string, std::string_view>> result;
    for (std::size_t i = 0; i < n; ++i) {
        if (reaches[i][i]) {
            result.emplace(all[i].agent, all[i].type->name());
        }
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(graph_cycles)

BOOST_AUTO_TEST_CASE(the_cycles_are_real_and_cover_everything_that_can_reach_itself) {
    std::mt19937 random{20'250'711};
    std::size_t cycles = 0;
    for (int round = 0; round < 300; ++round) {
        bus::EventGraph graph;
        for (const char* name : {"a", "b", "c", "d", "e"}) {
            graph.add(RandomAgent{name, random});
        }
        const std::vector<Reaction> all = reactions_of(graph);
        const auto find = [&](const bus::EventGraph::Turn& turn) {
            return *std::find_if(all.begin(), all.end(), [&](const Reaction& r) {
                return r.agent == turn.agent && r.type == turn.handles;
            });
        };
        std::set<std::pair<std::string, std::string_view>> told;
        const auto found = graph.cycles();
        for (const auto& cycle : found) {
            std::set<std::pair<std::string, std::string_view>> once;
            for (std::size_t i = 0; i < cycle.size(); ++i) {
                const Reaction from = find(cycle[i]);
                const Reaction to = find(cycle[(i + 1) % cycle.size()]);
                BOOST_TEST(
                    has(cycle[i].on_giving_up ? from.on_giving_up : from.emits, cycle[i].emits));
                BOOST_TEST(takes(all, to, *cycle[i].emits));
                BOOST_TEST(once.emplace(from.agent, from.type->name()).second);
            }
            BOOST_TEST((std::pair{cycle[0].agent, cycle[0].handles->name()} == *once.begin()));
            told.merge(once);
        }
        BOOST_TEST((told == round_goers(all)), "round " << round);
        BOOST_TEST(std::none_of(found.begin(), found.end(), [&](const auto& cycle) {
            return std::count(found.begin(), found.end(), cycle) > 1;
        }));
        cycles += found.size();
    }
    BOOST_TEST(cycles > 300U); // many of the graphs have cycles
}

BOOST_AUTO_TEST_SUITE_END()
