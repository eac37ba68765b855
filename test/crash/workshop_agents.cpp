#include "test/crash/workshop_agents.hpp"

#include "test/crash/workshop_events.hpp"
#include <bus/store/memory_store.hpp>

#include <unistd.h>

#include <csignal>

namespace crash {

namespace {

using std::chrono::milliseconds;

struct OlderProgram {
    static std::string name(const Renamed& agent) { return agent.older; }
};

struct NewerProgram {
    static std::string name(const Renamed& agent) { return agent.newer; }
};

/// The base of agents that have another name in the newer program.
class RenamedAgent : public bus::Agent {
protected:
    RenamedAgent(const Renamed& name, OlderProgram /*program*/) : Agent{name.older} {}

    RenamedAgent(const Renamed& name, NewerProgram /*program*/)
        : Agent{name.newer, bus::formerly(name.older)} {}
};

class Cutter final : public bus::Agent {
public:
    Cutter() : Agent{"cutter"} {
        settings().workers = 2;
        on<PieceOrderedEvent>(&Cutter::cut).emits<PieceCutEvent>();
    }

private:
    void cut(const PieceOrderedEvent& event, bus::Context& context) {
        context.publish(PieceCutEvent{{}, event.bench, event.number});
    }
};

/// Every seventh piece slips twice; every thirteenth breaks, and is glued when it is redriven.
class Polisher final : public RenamedAgent {
public:
    template <class Program>
    Polisher(Program program, std::int64_t deadly)
        : RenamedAgent{polisher_name, program}, deadly_{deadly} {
        settings().workers = 2;
        settings().retry = {.max_attempts = 4,
                            .initial_delay = milliseconds{1},
                            .factor = 2.0,
                            .max_delay = milliseconds{4},
                            .jitter = 0.5};
        on<PieceCutEvent>(&Polisher::polish).emits<PiecePolishedEvent>();
        emits_on_giving_up<PieceSpoiltEvent>();
    }

    void on_given_up(const bus::DomainEvent& event, const bus::Failure& /*failure*/,
                     bus::Context& context) override {
        const auto& piece = static_cast<const PieceCutEvent&>(event);
        context.publish(PieceSpoiltEvent{{}, piece.bench, piece.number});
    }

private:
    void polish(const PieceCutEvent& event, bus::Context& context) const {
        if (event.number == deadly_) {
            ::kill(::getpid(), SIGKILL);
            ::pause();
        }
        if (event.number % 13 == 5 && context.redrives() == 0) {
            throw bus::Failure::rejected("the piece is broken");
        }
        if (event.number % 7 == 3 && context.attempt() < 3) {
            throw bus::Failure::transient("it slipped");
        }
        const std::string key = "on/" + event.bench;
        const std::int64_t on_bench = context.state<std::int64_t>(key).value_or(0) + 1;
        context.set_state(key, on_bench);
        // If later pieces wait behind one that slipped, the order is that of the bench.
        context.publish(
            PiecePolishedEvent{{}, event.bench, event.number, keeps_timers<> ? on_bench : 0});
    }

    std::int64_t deadly_;
};

/// Refuses some pieces until they are redriven; meanwhile, the others of their bench continue.
class Packer final : public RenamedAgent {
public:
    template <class Program>
    explicit Packer(Program program) : RenamedAgent{packer_name, program} {
        settings().workers = 2;
        settings().on_dead = bus::OnDead::go_on;
        settings().retry = {.max_attempts = 4,
                            .initial_delay = milliseconds{1},
                            .factor = 2.0,
                            .max_delay = milliseconds{4},
                            .jitter = 0.5};
        on<PiecePolishedEvent>(&Packer::pack).emits<PiecePackedEvent>();
        emits_on_giving_up<PieceLeftEvent>();
    }

    void on_given_up(const bus::DomainEvent& event, const bus::Failure& /*failure*/,
                     bus::Context& context) override {
        const auto& piece = static_cast<const PiecePolishedEvent&>(event);
        context.publish(PieceLeftEvent{{}, piece.bench, piece.number});
    }

private:
    void pack(const PiecePolishedEvent& event, bus::Context& context) const {
        const bool redriven = context.redrives() != 0;
        if (does_not_fit(event.number) && !redriven) {
            throw bus::Failure::rejected("the box is too small");
        }
        const bool jams = event.number % 11 == 6 || event.number % 36 == 4;
        if (jams && context.attempt() < (redriven ? 3U : 2U)) {
            throw bus::Failure::transient("the tape jammed");
        }
        std::int64_t in_turn = 0;
        if (!redriven) {
            const std::string key = "packed/" + event.bench;
            in_turn = context.state<std::int64_t>(key).value_or(0) + 1;
            context.set_state(key, in_turn);
        }
        context.publish(PiecePackedEvent{{}, event.bench, event.number, in_turn});
    }
};

/// Redrives pieces that were given up, if is_done_again().
class Foreman final : public bus::Agent {
public:
    template <class Program>
    explicit Foreman(Program /*program*/) : Agent{"foreman"} {
        on<PieceSpoiltEvent>([](const PieceSpoiltEvent& event, bus::Context& context) {
            if (event.number % 13 == 5) { // broken, and not deadly
                look(Program::name(polisher_name), event.number, event, context);
            }
        });
        on<PieceLeftEvent>([](const PieceLeftEvent& event, bus::Context& context) {
            look(Program::name(packer_name), event.number, event, context);
        });
    }

private:
    static void look(const std::string& agent, std::int64_t number, const bus::DomainEvent& event,
                     bus::Context& context) {
        const auto letter = context.dead_letter(agent, event.causation_id);
        if (is_done_again(number) && letter) {
            context.redrive(*letter);
        }
    }
};

/// Dries every fifth piece for a moment.
class Dryer final : public RenamedAgent {
public:
    template <class Program>
    explicit Dryer(Program program) : RenamedAgent{dryer_name, program} {
        on<PiecePolishedEvent>(&Dryer::hang).emits<PieceDriedEvent>();
    }

private:
    void hang(const PiecePolishedEvent& event, bus::Context& context) const {
        if (event.number % 5 != 0) {
            return;
        }
        PieceDriedEvent dried{{}, event.bench, event.number};
        if constexpr (keeps_timers<>) {
            context.schedule(milliseconds{event.number % 4}, std::move(dried));
        } else {
            context.publish(std::move(dried));
        }
    }
};

/// Counts each event under a separate key. A count above 1 is an error.
class Clerk final : public bus::Agent {
public:
    Clerk() : Agent{"clerk"} {
        on<PiecePolishedEvent>([](const PiecePolishedEvent& event, bus::Context& context) {
            count("polished", event.number, context);
        });
        on<PieceSpoiltEvent>([](const PieceSpoiltEvent& event, bus::Context& context) {
            count("spoilt", event.number, context);
        });
        on<PieceDriedEvent>([](const PieceDriedEvent& event, bus::Context& context) {
            count("dried", event.number, context);
        });
        on<PiecePackedEvent>([](const PiecePackedEvent& event, bus::Context& context) {
            count("packed", event.number, context);
        });
        on<PieceLeftEvent>([](const PieceLeftEvent& event, bus::Context& context) {
            count("left", event.number, context);
        });
    }

private:
    static void count(const char* what, std::int64_t number, bus::Context& context) {
        const std::string key = what + ("/" + std::to_string(number));
        context.set_state(key, context.state<std::int64_t>(key).value_or(0) + 1);
    }
};

template <class Program>
void add_all(bus::Bus& bus, std::int64_t deadly, Program program) {
    bus.emplace<Cutter>();
    bus.emplace<Polisher>(program, deadly);
    bus.emplace<Packer>(program);
    bus.emplace<Foreman>(program);
    bus.emplace<Dryer>(program);
    bus.emplace<Clerk>();
}

} // namespace

bool does_not_fit(std::int64_t number) {
    return number % 9 == 4;
}

bool is_done_again(std::int64_t number) {
    return number % 2 == 0;
}

void add_workshop(bus::Bus& bus, std::int64_t deadly, bool newer) {
    if (newer) {
        add_all(bus, deadly, NewerProgram{});
    } else {
        add_all(bus, deadly, OlderProgram{});
    }
}

bus::EventGraph workshop_graph(bool newer) {
    bus::Bus bus{{.runtime = nullptr, .store = std::make_shared<bus::MemoryStore>()}};
    add_workshop(bus, no_piece, newer);
    bus::EventGraph graph = bus.graph();
    bus.stop(bus::Stop::now);
    return graph;
}

} // namespace crash
