#include "test/crash/findings.hpp"

#include <bus/agent/graph.hpp>
#include <bus/store/verify.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace crash {

namespace {

constexpr std::size_t page = 1000;

/// The events of these types after a position.
std::uint64_t count_events(bus::EventStore& store, const std::set<std::string>& types,
                           bus::Position after) {
    std::uint64_t count = 0;
    for (;;) {
        const auto events = store.read(after, page);
        count += static_cast<std::uint64_t>(
            std::count_if(events.begin(), events.end(), [&](const bus::StoredEvent& e) {
                return types.contains(e.record.event_type);
            }));
        if (events.size() < page) {
            return count;
        }
        after = events.back().position;
    }
}

/// The wire names of all types that an agent of the graph handles, derived ones included.
std::set<std::string> handled_types(const bus::EventGraph& graph, const std::string& agent) {
    std::set<std::string> names;
    for (const bus::EventType* type : bus::known_event_types()) {
        const auto takers = graph.agents_for(*type);
        if (std::find(takers.begin(), takers.end(), agent) != takers.end()) {
            names.emplace(type->name());
        }
    }
    return names;
}

/// The account of an agent, from its rows and counters.
struct Account {
    std::uint64_t finished = 0;
    std::uint64_t discarded = 0;
    std::uint64_t rows = 0; ///< deferred, parked, dead
    std::vector<bus::Position> quarantined{};
};

template <class Record>
void take_record(const Record& record, Account& account) {
    account.finished = record.finished;
    if constexpr (requires { record.discarded; }) {
        account.discarded = record.discarded;
    }
}

template <class Row>
void take_row(const Row& row, Account& account) {
    ++account.rows;
    if constexpr (requires { row.quarantined; }) {
        if (row.quarantined) {
            account.quarantined.push_back(row.position);
        }
    }
}

Account account_of(bus::EventStore& store, const bus::AgentRecord& record) {
    Account account;
    take_record(record, account);
    // By number, because a store may know more states than this program was written for.
    for (const int state : {0, 1, 2}) {
        for (const auto& row :
             store.deliveries(record.name, static_cast<bus::DeliveryState>(state))) {
            take_row(row, account);
        }
    }
    return account;
}

/// Checks the store's own accounts, if it keeps any.
template <class Store>
void check_store_says(Store& store, Findings& findings) {
    if constexpr (requires { store.conservation(); }) {
        for (const auto& line : store.conservation()) {
            if (!line.holds()) {
                findings.complain(
                    "conservation does not hold for agent " + line.agent + ": delivered " +
                    std::to_string(line.delivered) + ", finished " + std::to_string(line.finished) +
                    ", discarded " + std::to_string(line.discarded) + ", deferred " +
                    std::to_string(line.deferred) + ", parked " + std::to_string(line.parked) +
                    ", dead " + std::to_string(line.dead));
            }
        }
    }
}

} // namespace

void compare(const Census& expected, const Census& found, const std::string& what,
             Findings& findings) {
    const auto in = [](const Census& census, const std::string& key) {
        const auto entry = census.find(key);
        return entry == census.end() ? 0 : entry->second;
    };
    for (const auto& [key, count] : expected) {
        if (const std::uint64_t there = in(found, key); there < count) {
            findings.lost += count - there;
            findings.complain("lost: " + what + " " + key);
        }
    }
    for (const auto& [key, count] : found) {
        if (const std::uint64_t wanted = in(expected, key); wanted < count) {
            findings.duplicated += count - wanted;
            findings.complain("too often there: " + what + " " + key);
        }
    }
}

Census events_and_rows(bus::EventStore& store, Detail detail) {
    Census census;
    std::map<bus::Position, std::string> names;
    for (bus::Position after = 0;;) {
        const auto events = store.read(after, page);
        for (const bus::StoredEvent& event : events) {
            const bus::EventRecord& record = event.record;
            std::string name = record.event_type + " of " + record.aggregate_id;
            if (detail == Detail::data) {
                name += " " + record.data;
            }
            ++census[name];
            names[event.position] = std::move(name);
        }
        if (events.size() < page) {
            break;
        }
        after = events.back().position;
    }
    const char* const states[] = {"deferred", "dead", "parked"};
    for (const bus::AgentRecord& agent : store.agents()) {
        for (int state = 0; state < 3; ++state) {
            for (const auto& row :
                 store.deliveries(agent.name, static_cast<bus::DeliveryState>(state))) {
                ++census[std::string{states[state]} + " for " + agent.name + ": " +
                         names[row.position]];
            }
        }
    }
    return census;
}

// holds S14_after_every_crash_of_the_campaigns_events_and_deliveries_add_up
void check_conservation(bus::EventStore& store, bus::EventStore& log, const bus::EventGraph& graph,
                        const std::pair<std::string, bus::Position>& quarantined,
                        Findings& findings) {
    check_store_says(store, findings);
    for (const bus::AgentRecord& record : store.agents()) {
        const Account account = account_of(store, record);
        const std::uint64_t delivered =
            count_events(log, handled_types(graph, record.name), record.start);
        const std::uint64_t settled = account.finished + account.discarded + account.rows;
        if (settled < delivered) {
            findings.lost += delivered - settled;
        } else {
            findings.duplicated += settled - delivered;
        }
        if (settled != delivered) {
            findings.complain("agent " + record.name + ": the log has " +
                              std::to_string(delivered) + " events for it, and " +
                              std::to_string(account.finished) + " finished, " +
                              std::to_string(account.discarded) + " discarded, " +
                              std::to_string(account.rows) + " deferred, parked or dead");
        }
        for (const bus::Position position : account.quarantined) {
            if (quarantined != std::pair{record.name, position}) {
                findings.complain("agent " + record.name + " has event " +
                                  std::to_string(position) + " quarantined, which is innocent");
            }
        }
        const bool missing = quarantined.first == record.name && account.quarantined.empty();
        if (missing) {
            findings.complain("agent " + record.name + " has not quarantined event " +
                              std::to_string(quarantined.second));
        }
    }
}

void check_verified(const std::filesystem::path& store, Findings& findings) {
    for (const bus::Finding& finding : bus::verify({.path = store}).findings) {
        if (!finding.note) {
            findings.complain("verify: " + std::string{bus::name_of(finding.kind)} + ": " +
                              finding.what);
        }
    }
}

std::string content(const std::filesystem::path& file, Findings& findings) {
    std::ifstream in{file, std::ios::binary};
    if (!in) {
        findings.complain(file.string() + " is not there");
    }
    return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace crash
