#include "test/crash/workshop_subject.hpp"

#include "test/crash/findings.hpp"
#include "test/crash/workshop_agents.hpp"
#include "test/crash/workshop_events.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/sqlite_store.hpp>

#include <algorithm>
#include <iterator>

namespace crash {

namespace fs = std::filesystem;

namespace {

constexpr int store_trouble = 4;

/// The state of all agents in the store.
Census states(bus::EventStore& store) {
    Census census;
    for (const bus::AgentRecord& agent : store.agents()) {
        for (const bus::StateRecord& state : store.states(agent.name, "")) {
            ++census[agent.name + "/" + state.key + " = " + state.json];
        }
    }
    return census;
}

/// The same census, with the names of the agents in the older program.
Census with_older_names(const Census& census) {
    Census result;
    for (const auto& [key, count] : census) {
        std::string name = key;
        for (const Renamed& agent : renamed_agents) {
            const std::string row = std::string{" for "} + agent.newer + ": ";
            const std::string state = std::string{agent.newer} + "/";
            if (const auto at = name.find(row); at != std::string::npos) {
                name.replace(at, row.size(), std::string{" for "} + agent.older + ": ");
            } else if (name.starts_with(state)) {
                name.replace(0, state.size(), std::string{agent.older} + "/");
            }
        }
        result[name] += count;
    }
    return result;
}

// holds R15_an_agent_that_a_newer_program_renames_after_a_kill_continues_where_it_was
/// Checks that each agent is there under only one name, and was renamed at most once.
void check_names(bus::EventStore& store, bool newer_program, Findings& findings) {
    for (const Renamed& agent : renamed_agents) {
        const std::string gone = newer_program ? agent.older : agent.newer;
        if (store.agent(gone)) {
            findings.complain("the store has an agent " + gone);
        }
    }
    const auto requests = store.requests(0, bus::EventStore::unlimited, false);
    const auto renames = std::count_if(requests.begin(), requests.end(), [](const auto& request) {
        return request.action == bus::DeliveryAction::rename;
    });
    // There are fewer if the older program was killed before it had added all of them.
    const auto most = newer_program ? std::ssize(renamed_agents) : 0;
    if (renames > most) {
        findings.complain("agents were renamed " + std::to_string(renames) + " times, not " +
                          std::to_string(most));
    }
}

// holds R14_after_every_kill_of_the_campaigns_dead_letters_hold_nothing_up
/// Checks that the packer's dead letters hold nothing up: everything is packed except the pieces
/// that the foreman does not redrive.
void check_packing(bus::EventStore& store, bool newer_program, Findings& findings) {
    const std::string packer = newer_program ? packer_name.newer : packer_name.older;
    if (const auto parked = store.deliveries(packer, bus::DeliveryState::parked).size();
        parked != 0) {
        findings.complain("agent " + packer + " has " + std::to_string(parked) + " events parked");
    }
    Census polished;
    Census packed;
    for (const bus::StoredEvent& stored : store.read(0, bus::EventStore::unlimited)) {
        const auto event = bus::decode(stored.record);
        if (const auto* piece = bus::event_cast<PiecePackedEvent>(*event)) {
            ++packed[std::to_string(piece->number)];
        } else if (const auto* fresh = bus::event_cast<PiecePolishedEvent>(*event);
                   fresh && (!does_not_fit(fresh->number) || is_done_again(fresh->number))) {
            ++polished[std::to_string(fresh->number)];
        }
    }
    compare(polished, packed, "packing of piece", findings);
}

class WorkshopSubject : public Subject {
public:
    std::string name() const override { return "workshop"; }

    std::uint64_t variants() const override { return 1; }

    void prepare(const fs::path& /*shared*/) override {}

    Command command(std::uint64_t /*variant*/, const fs::path& folder) const override {
        return {{CRASH_WORKSHOP, "--store", store(folder).string()}, std::nullopt};
    }

    std::optional<Command> newer_command(std::uint64_t variant,
                                         const fs::path& folder) const override {
        Command newer = command(variant, folder);
        newer.words.emplace_back("--renamed");
        return newer;
    }

    fs::path store(const fs::path& folder) const override { return folder / "workshop.db"; }

    bool gave_up_on_store(int exit_code) const override { return exit_code == store_trouble; }

    Findings look(std::uint64_t variant, const fs::path& folder, const fs::path& calm,
                  Happened happened) const override {
        Findings findings;
        const auto store = bus::SqliteStore::open({.path = this->store(folder), .read_only = true});
        const auto undisturbed =
            bus::SqliteStore::open({.path = calm / "workshop.db", .read_only = true});
        compare(events_and_rows(*undisturbed, Detail::data),
                with_older_names(events_and_rows(*store, Detail::data)), "", findings);
        compare(states(*undisturbed), with_older_names(states(*store)), "state", findings);
        check_names(*store, happened.newer_program, findings);
        check_packing(*store, happened.newer_program, findings);
        auto [agent, position] = quarantined(variant, *store);
        if (happened.newer_program && agent == polisher_name.older) {
            agent = polisher_name.newer;
        }
        check_conservation(*store, *store, happened.newer_program ? newer_graph_ : graph_,
                           {agent, position}, findings);
        return findings;
    }

protected:
    virtual std::pair<std::string, bus::Position> quarantined(std::uint64_t /*variant*/,
                                                              bus::EventStore& /*store*/) const {
        return {};
    }

private:
    bus::EventGraph graph_ = workshop_graph(false);
    bus::EventGraph newer_graph_ = workshop_graph(true);
};

class QuarantineSubject final : public WorkshopSubject {
public:
    std::string name() const override { return "quarantine"; }

    std::uint64_t variants() const override { return 6; }

    Command command(std::uint64_t variant, const fs::path& folder) const override {
        Command command = WorkshopSubject::command(variant, folder);
        command.words.insert(command.words.end(), {"--deadly", std::to_string(deadly(variant))});
        return command;
    }

    /// One death among others, then three alone. There are more if the piece waits behind others of
    /// its bench: it may begin in the turn that settles them, before its note is in the store.
    std::uint64_t deaths_of_its_own() const override { return 25; }

protected:
    std::pair<std::string, bus::Position> quarantined(std::uint64_t variant,
                                                      bus::EventStore& store) const override {
        for (const bus::StoredEvent& stored :
             store.read_type(bus::event_type<PieceCutEvent>().name(), 0, 10'000)) {
            const auto event = bus::decode(stored.record);
            if (bus::event_cast<PieceCutEvent>(*event)->number == deadly(variant)) {
                return {polisher_name.older, stored.position};
            }
        }
        return {polisher_name.older, 0};
    }

private:
    /// These pieces do not break. The first and the last piece are among them.
    static std::int64_t deadly(std::uint64_t variant) {
        constexpr std::int64_t deadly_pieces[] = {0, 1, 17, 50, 77, pieces - 1};
        return deadly_pieces[variant];
    }
};

} // namespace

std::unique_ptr<Subject> workshop_subject() {
    return std::make_unique<WorkshopSubject>();
}

// holds S11_the_event_that_kills_and_only_that_one_is_quarantined
std::unique_ptr<Subject> quarantine_subject() {
    return keeps_begun_notes<> ? std::make_unique<QuarantineSubject>() : nullptr;
}

} // namespace crash
