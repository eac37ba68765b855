#include "test/crash/workshop_agents.hpp"

#include "test/crash/workshop_events.hpp"
#include <bus/store/memory_store.hpp>

#include <unistd.h>

#include <csignal>

namespace crash {

namespace {

using std::chrono::milliseconds;

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
class Polisher final : public bus::Agent {
public:
    explicit Polisher(std::int64_t deadly) : Agent{"polisher"}, deadly_{deadly} {
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
        // Where later pieces wait behind one that slipped, the order is that of the bench.
        context.publish(
            PiecePolishedEvent{{}, event.bench, event.number, keeps_timers<> ? on_bench : 0});
    }

    std::int64_t deadly_;
};

/// Has the broken pieces of even number done again.
class Foreman final : public bus::Agent {
public:
    Foreman() : Agent{"foreman"} { on<PieceSpoiltEvent>(&Foreman::look); }

private:
    void look(const PieceSpoiltEvent& event, bus::Context& context) const {
        const auto letter = context.dead_letter("polisher", event.causation_id);
        const bool broken = event.number % 13 == 5; // and not deadly
        if (broken && event.number % 2 == 0 && letter) {
            context.redrive(*letter);
        }
    }
};

/// Lets every fifth piece dry for a moment.
class Dryer final : public bus::Agent {
public:
    Dryer() : Agent{"dryer"} { on<PiecePolishedEvent>(&Dryer::hang).emits<PieceDriedEvent>(); }

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

/// Counts each event under a key of its own: more than one is one too many.
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
    }

private:
    static void count(const char* what, std::int64_t number, bus::Context& context) {
        const std::string key = what + ("/" + std::to_string(number));
        context.set_state(key, context.state<std::int64_t>(key).value_or(0) + 1);
    }
};

} // namespace

void add_workshop(bus::Bus& bus, std::int64_t deadly) {
    bus.emplace<Cutter>();
    bus.emplace<Polisher>(deadly);
    bus.emplace<Foreman>();
    bus.emplace<Dryer>();
    bus.emplace<Clerk>();
}

bus::EventGraph workshop_graph() {
    bus::Bus bus{{.runtime = nullptr, .store = std::make_shared<bus::MemoryStore>()}};
    add_workshop(bus, no_piece);
    bus::EventGraph graph = bus.graph();
    bus.stop(bus::Stop::now);
    return graph;
}

} // namespace crash
