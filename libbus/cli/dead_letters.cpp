#include <bus/event/cause_text.hpp>

#include <cli/checks.hpp>
#include <cli/dead_letters.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/terminal/text.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace bus::cli {

namespace {

constexpr std::size_t letters_a_page = 1000;

std::optional<FailureKind> kind_of(const std::string& name) {
    if (name.empty()) {
        return std::nullopt;
    }
    for (const FailureKind kind :
         {FailureKind::transient, FailureKind::throttled, FailureKind::not_ready,
          FailureKind::rejected, FailureKind::poison}) {
        if (name == to_text(kind)) {
            return kind;
        }
    }
    throw UsageError{fmt::format("'{}' is not a kind of failure", terminal::printable(name))};
}

using Key = std::tuple<std::string, DeliveryState, FailureKind, std::string>;

/// The hash FNV-1a (Fowler, Noll, Vo) of 32 bits. If two groups have the same hash, their name
/// selects both.
std::uint32_t hash(std::uint32_t value, std::string_view text) {
    for (const char byte : text) {
        value = (value ^ static_cast<unsigned char>(byte)) * 16'777'619U;
    }
    return (value ^ 0xffU) * 16'777'619U; // not a byte of UTF-8, so it separates the texts
}

void add(std::map<Key, LetterGroup>& groups, const DeliveryRecord& delivery) {
    const AttemptRecord last =
        delivery.attempts.empty() ? AttemptRecord{} : delivery.attempts.back();
    std::string error = cause_text(last.message);
    LetterGroup& group = groups[{delivery.agent, delivery.state, last.kind, error}];
    if (group.letters == 0) {
        group.agent = delivery.agent;
        group.state = delivery.state;
        group.kind = last.kind;
        group.error = std::move(error);
        group.example = last.message;
        group.oldest = last.at;
        group.next_due = delivery.due;
    }
    group.next_due = std::min(group.next_due, delivery.due);
    group.oldest = std::min(group.oldest, last.at);
    group.newest = std::max(group.newest, last.at);
    ++group.letters;
    group.quarantined += delivery.quarantined ? 1U : 0U;
    group.positions.push_back(delivery.position);
}

void read_state(EventStore& store, const LetterFilter& filter, const std::string& agent,
                DeliveryState state, std::map<Key, LetterGroup>& groups) {
    const std::vector<Position>& wanted = filter.positions;
    Position after = 0;
    for (;;) {
        const auto page = store.deliveries(agent, state, after, letters_a_page);
        for (const DeliveryRecord& delivery : page) {
            after = delivery.position;
            if (wanted.empty() || std::find(wanted.begin(), wanted.end(), after) != wanted.end()) {
                add(groups, delivery);
            }
        }
        if (page.size() < letters_a_page) {
            return;
        }
    }
}

void read_agent(EventStore& store, const LetterFilter& filter, const std::string& agent,
                std::map<Key, LetterGroup>& groups) {
    for (const DeliveryState state : filter.states) {
        if (filter.state.empty() || filter.state == to_text(state)) {
            read_state(store, filter, agent, state, groups);
        }
    }
}

/// Whether the messages of the group contain the text, regardless of the numbers, ids and times in
/// them.
bool holds(const LetterGroup& group, const std::string& text) {
    return group.error.find(cause_text(text)) != std::string::npos ||
           group.example.find(text) != std::string::npos;
}

} // namespace

std::string LetterGroup::name() const {
    constexpr std::uint32_t basis = 2'166'136'261U;
    std::uint32_t value = hash(hash(hash(basis, agent), to_text(kind)), error);
    if (state != DeliveryState::dead) { // if dead: the same name as in `dead-letters`
        value = hash(value, to_text(state));
    }
    return fmt::format("{:08x}", value);
}

boost::json::object json_of(const LetterGroup& group) {
    boost::json::object object{{"group", group.name()},
                               {"agent", group.agent},
                               {"state", to_text(group.state)},
                               {"kind", to_text(group.kind)},
                               {"error", group.error},
                               {"example", group.example},
                               {"letters", group.letters},
                               {"quarantined", group.quarantined},
                               {"oldest", to_text(group.oldest)},
                               {"newest", to_text(group.newest)},
                               {"next_due", nullptr},
                               {"first_position", group.positions.front()}};
    if (group.state == DeliveryState::deferred) {
        object["next_due"] = to_text(group.next_due);
    } else if (group.state == DeliveryState::parked) {
        object["kind"] = nullptr; // it was never attempted
    }
    return object;
}

std::vector<LetterGroup> read_groups(EventStore& store, const LetterFilter& filter) {
    if (filter.agent.empty() && !filter.positions.empty()) {
        throw UsageError{"a position alone does not identify a dead letter: name the agent before "
                         "it"};
    }
    const std::optional<FailureKind> kind = kind_of(filter.kind);
    std::map<Key, LetterGroup> groups;
    if (!filter.agent.empty()) {
        require_agent(store, filter.agent);
        read_agent(store, filter, filter.agent, groups);
    } else {
        for (const AgentRecord& agent : store.agents()) {
            read_agent(store, filter, agent.name, groups);
        }
    }
    std::vector<LetterGroup> result;
    for (auto& [key, group] : groups) {
        const bool of_kind = group.state != DeliveryState::parked && group.kind == kind;
        if ((!kind || of_kind) && (filter.error.empty() || holds(group, filter.error)) &&
            (filter.group.empty() || group.name() == filter.group)) {
            result.push_back(std::move(group));
        }
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const auto& a, const auto& b) { return a.letters > b.letters; });
    return result;
}

void add_filter_options(CLI::App& command, LetterFilter& filter) {
    command.add_option("AGENT", filter.agent, "Only of this agent");
    command.add_option("POSITION", filter.positions, "Only at these positions")
        ->check(whole_number(1));
    command
        .add_option("--kind", filter.kind, "Only those whose last attempt failed with this kind")
        ->check(CLI::IsMember({"transient", "throttled", "not_ready", "rejected", "poison"}))
        ->type_name("KIND");
    command
        .add_option("--error", filter.error,
                    "Only those whose last attempt failed with a message that contains this text")
        ->type_name("TEXT");
    command.add_option("--group", filter.group, "Only of this group, as `list` names it")
        ->type_name("NAME");
    if (filter.states.size() > 1) {
        std::vector<std::string> names;
        for (const DeliveryState state : filter.states) {
            names.emplace_back(to_text(state));
        }
        command.add_option("--state", filter.state, "Only in this state")
            ->check(CLI::IsMember(names))
            ->type_name("STATE");
    }
}

} // namespace bus::cli
