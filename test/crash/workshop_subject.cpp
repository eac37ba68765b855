#include "test/crash/workshop_subject.hpp"

#include "test/crash/findings.hpp"
#include "test/crash/workshop_agents.hpp"
#include "test/crash/workshop_events.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/sqlite_store.hpp>

namespace crash {

namespace fs = std::filesystem;

namespace {

constexpr int store_trouble = 4;

/// All that agents keep, as the store has it.
Census states(bus::EventStore& store) {
    Census census;
    for (const bus::AgentRecord& agent : store.agents()) {
        for (const bus::StateRecord& state : store.states(agent.name, "")) {
            ++census[agent.name + "/" + state.key + " = " + state.json];
        }
    }
    return census;
}

class WorkshopSubject : public Subject {
public:
    std::string name() const override { return "workshop"; }

    std::uint64_t variants() const override { return 1; }

    void prepare(const fs::path& /*shared*/) override {}

    Command command(std::uint64_t /*variant*/, const fs::path& folder) const override {
        return {{CRASH_WORKSHOP, "--store", store(folder).string()}, std::nullopt};
    }

    fs::path store(const fs::path& folder) const override { return folder / "workshop.db"; }

    bool gave_up_on_store(int exit_code) const override { return exit_code == store_trouble; }

    Findings look(std::uint64_t variant, const fs::path& folder, const fs::path& calm,
                  bool /*commits_failed*/) const override {
        Findings findings;
        const auto store = bus::SqliteStore::open({.path = this->store(folder), .read_only = true});
        const auto undisturbed =
            bus::SqliteStore::open({.path = calm / "workshop.db", .read_only = true});
        compare(events_and_rows(*undisturbed, Detail::data), events_and_rows(*store, Detail::data),
                "", findings);
        compare(states(*undisturbed), states(*store), "state", findings);
        check_conservation(*store, *store, graph_, quarantined(variant, *store), findings);
        return findings;
    }

protected:
    virtual std::pair<std::string, bus::Position> quarantined(std::uint64_t /*variant*/,
                                                              bus::EventStore& /*store*/) const {
        return {};
    }

private:
    bus::EventGraph graph_ = workshop_graph();
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

    /// One among others, then three alone. More where the piece waits behind others of its bench:
    /// it may be begun in the turn that settles them, before a note of it is in the store.
    std::uint64_t deaths_of_its_own() const override { return 25; }

protected:
    std::pair<std::string, bus::Position> quarantined(std::uint64_t variant,
                                                      bus::EventStore& store) const override {
        for (const bus::StoredEvent& stored :
             store.read_type(bus::event_type<PieceCutEvent>().name(), 0, 10'000)) {
            const auto event = bus::decode(stored.record);
            if (bus::event_cast<PieceCutEvent>(*event)->number == deadly(variant)) {
                return {"polisher", stored.position};
            }
        }
        return {"polisher", 0};
    }

private:
    /// Neither of those that break; the first and the last among them.
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
