#include "test/simulation/errands.hpp"
#include "test/simulation/host.hpp"
#include "test/simulation/parcels.hpp"

#include <chrono>
#include <iterator>
#include <utility>

/// The actions of an operator beside a running host. The rest of Host is in host.cpp.
namespace simulation {

using namespace std::chrono_literals;

namespace {

constexpr int most_operator_rounds = 40;
/// How often the log is copied if it may be pruned by age. The age is at least half a minute.
constexpr bus::Duration kept_every = 5s;

} // namespace

/// Copies the log. Drops earlier copies of events that a crash has removed from the log since.
void World::keep(bus::EventStore& log) {
    const bus::Position first = log.first_position();
    std::vector<bus::StoredEvent> now = log.read(first - 1, bus::EventStore::unlimited);
    std::erase_if(archive, [first](const auto& event) { return event.position >= first; });
    archive.insert(archive.end(), std::make_move_iterator(now.begin()),
                   std::make_move_iterator(now.end()));
}

/// True if something is left to do that an operator must ask for, or that must be waited for.
bool Host::needs_operator() {
    try {
        for (const std::string& trouble : held_up_by_dead_letters(*store_)) {
            throw Misbehaved{trouble};
        }
        return ask_for_what_waits() || store_->count_timers() != 0 ||
               !store_->requests(0, 1, true).empty();
    } catch (const bus::StoreError& error) {
        note(std::string{"the operator cannot look into the store: "} + error.what());
        return true;
    }
}

/// Asks that dead letters are redriven, and that the packer retries what it has deferred.
bool Host::ask_for_what_waits() {
    const bus::Position oldest = 0;
    const std::string packer = packer_name(*store_);
    std::vector<bus::RequestRecord> requests;
    for (const bus::AgentRecord& agent : store_->agents()) {
        if (!store_->deliveries(agent.name, bus::DeliveryState::dead, oldest, 1).empty()) {
            requests.push_back({.who = "operator",
                                .why = "the disk is well again",
                                .action = bus::DeliveryAction::redrive,
                                .agent = agent.name});
        }
    }
    if (!store_->deliveries(packer, bus::DeliveryState::deferred, oldest, 1).empty()) {
        requests.push_back({.who = "operator",
                            .why = "there are boxes",
                            .action = bus::DeliveryAction::retry,
                            .agent = packer});
    }
    if (!requests.empty() && ++operator_rounds_ > most_operator_rounds) {
        throw Misbehaved{"agent " + requests.front().agent + " has deliveries that stay"};
    }
    for (const bus::RequestRecord& request : requests) {
        ask_for(request);
    }
    return !requests.empty();
}

void Host::ask_for(const bus::RequestRecord& request) {
    note("an operator asks: " + words_for(request));
    // The request is written over a connection of its own: the writer must wait for it.
    at_work_ = false;
    try {
        world_.asked.push_back(
            request); // noted first: the request may be stored although the power fails
        world_.asked.back().at = runtime_->now();
        world_.asked.back().number = pipeline_->bus().request(request);
    } catch (...) {
        at_work_ = true;
        throw;
    }
    at_work_ = true;
}

/// Makes the requests of this life that are due.
void Host::run_errands() {
    const bus::Duration age = runtime_->steady_now() - began_;
    while (next_ask_ < life_.asks.size() && life_.asks[next_ask_].at <= age) {
        const Ask& ask = life_.asks[next_ask_++];
        try {
            if (ask.errand == Errand::prune) {
                world_.keep(*store_);
            }
            if (const auto request = request_for(ask, *store_, runtime_->now())) {
                ask_for(*request);
            }
        } catch (const bus::StoreError& error) {
            note(std::string{"the operator cannot ask: "} + error.what());
        }
    }
}

/// Copies the log before the host prunes events that the checks need.
void Host::keep_archive() {
    const bus::SteadyTime now = runtime_->steady_now();
    if (world_.plan.retention == 0us || now < next_keep_) {
        return;
    }
    try {
        world_.keep(*store_);
        next_keep_ = now + kept_every;
    } catch (const bus::StoreError& error) {
        note(std::string{"the log cannot be copied: "} + error.what());
    }
}

} // namespace simulation
