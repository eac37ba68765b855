#include <bus/testing/agent_bench.hpp>
#include <bus/testing/mismatch.hpp>

#include <algorithm>

/// The checks behind AgentTest's then_ functions, and their messages.
namespace bus::testing {

namespace {

constexpr std::size_t most_listed = 20;

std::string text_of(Duration delay) {
    struct Unit {
        Duration length;
        const char* name;
    };

    constexpr Unit units[] = {{std::chrono::hours{1}, " h"},
                              {std::chrono::minutes{1}, " min"},
                              {std::chrono::seconds{1}, " s"},
                              {std::chrono::milliseconds{1}, " ms"}};
    for (const Unit& unit : units) {
        if (delay != Duration::zero() && delay % unit.length == Duration::zero()) {
            return std::to_string(delay / unit.length) + unit.name;
        }
    }
    return std::to_string(delay.count()) + " us";
}

std::string text_of(const FailedAttempt& attempt) {
    return attempt.event_type + " at " + bus::to_text(attempt.at) + ": " +
           bus::to_text(attempt.failure.kind()) + ": " + attempt.failure.what();
}

/// A list under a heading, with one line for each element.
template <class List, class Text>
std::string listed(std::string_view heading, const List& list, Text text) {
    std::string out{"\n  "};
    out += heading;
    if (list.empty()) {
        return out += " nothing";
    }
    std::size_t number = 0;
    for (const auto& one : list) {
        if (++number > most_listed) {
            return out += "\n    ... and " + std::to_string(list.size() - most_listed) + " more";
        }
        out += "\n    " + std::to_string(number) + ". " + text(one);
    }
    return out;
}

/// The first difference between two lists of events; empty if there is none.
std::string difference_of(const std::vector<Expected>& expected,
                          const std::vector<Recorded>& actual, const Compare& compare) {
    for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
        const std::string number = "event " + std::to_string(i + 1);
        if (i >= actual.size()) {
            return number + " is missing: " + to_text(*expected[i].event);
        }
        if (i >= expected.size()) {
            return number + " is one too many: " + to_text(*actual[i].event);
        }
        if (const auto found = first_difference(*expected[i].event, *actual[i].event, compare)) {
            return number + ", " + to_text(*found);
        }
    }
    return {};
}

bool is_failed_on_given_up(const DeliveryRecord& letter) {
    return !letter.attempts.empty() &&
           letter.attempts.back().message.starts_with("on_given_up failed: ");
}

} // namespace

void AgentBench::mismatch(const std::string& message, Where where) const {
    throw Mismatch{"agent " + name_ + ", after " + title_ + ": " + message, where};
}

/// Failed attempts, which may explain a mismatch.
std::string AgentBench::hints() const {
    return failures().empty()
               ? std::string{}
               : listed("attempts that failed:", failures(),
                        [](const FailedAttempt& attempt) { return text_of(attempt); });
}

void AgentBench::check_emitted(const std::vector<Expected>& expected, Compare compare,
                               Where where) {
    const std::vector<Recorded> actual = emitted();
    const std::string difference = difference_of(expected, actual, compare);
    if (difference.empty()) {
        return;
    }
    mismatch(
        "it did not emit what was expected\n  first difference: " + difference +
            listed("expected:", expected, [](const Expected& one) { return to_text(*one.event); }) +
            listed("actual:", actual, [](const Recorded& one) { return to_text(*one.event); }) +
            hints(),
        where);
}

void AgentBench::check_emitted_nothing(Where where) {
    check_emitted({}, {}, where);
    if (!failure_looked_at_ && !failures().empty()) {
        mismatch("it emitted nothing because it failed; call then_fails() if that is expected" +
                     hints(),
                 where);
    }
}

void AgentBench::check_state(std::string_view key, const std::optional<std::string>& expected,
                             const std::optional<std::string>& actual, Where where) const {
    const std::string what = "the state '" + std::string{key} + "' differs";
    const auto or_nothing = [](const std::optional<std::string>& json) {
        return json.value_or("nothing");
    };
    const std::string both =
        "\n  expected: " + or_nothing(expected) + "\n  actual:   " + or_nothing(actual);
    if (expected.has_value() != actual.has_value()) {
        mismatch(what + both + hints(), where);
    }
    if (!expected) {
        return;
    }
    if (const auto found = first_difference_in_json(*expected, *actual)) {
        mismatch(what + "\n  first difference: " + to_text(*found) + both + hints(), where);
    }
}

void AgentBench::check_timer(const EventType* type, Duration delay, const DomainEvent* event,
                             Compare compare, Where where) const {
    const std::vector<TimerRecord> waiting = timers();
    const auto fits = [&](const TimerRecord& timer) {
        if (timer.event.event_type != type->name() || timer.due - now() != delay) {
            return false;
        }
        return event == nullptr || !first_difference(*event, *decode(timer.event), compare);
    };
    if (type == nullptr ? waiting.empty() : std::any_of(waiting.begin(), waiting.end(), fits)) {
        return;
    }
    std::string expected = "nothing";
    if (type != nullptr) {
        expected = "in " + text_of(delay) + ": " +
                   (event != nullptr ? to_text(*event) : std::string{type->name()});
    }
    mismatch("its timers differ\n  expected: " + expected +
                 listed("actual:", waiting,
                        [&](const TimerRecord& timer) {
                            return "in " + text_of(timer.due - now()) + ": " +
                                   timer.event.event_type + ' ' + timer.event.data;
                        }) +
                 hints(),
             where);
}

void AgentBench::check_failed(FailureKind kind, std::string_view text, Where where) {
    const std::string expected = "\n  expected: " + std::string{bus::to_text(kind)} +
                                 (text.empty() ? "" : ": ..." + std::string{text} + "...");
    if (failures().empty()) {
        mismatch("no attempt failed" + expected, where);
    }
    const Failure last = failures().back().failure; // a copy, since failures() is a temporary
    if (last.kind() != kind || std::string_view{last.what()}.find(text) == std::string_view::npos) {
        mismatch("the last attempt failed in another way" + expected +
                     "\n  actual:   " + bus::to_text(last.kind()) + ": " + last.what(),
                 where);
    }
    failure_looked_at_ = true;
}

void AgentBench::check_succeeded(Where where) const {
    if (!failures().empty()) {
        mismatch("attempts failed" + hints(), where);
    }
}

void AgentBench::check_next_attempt(Duration delay, Where where) {
    static_cast<void>(store()); // throws without a store: then the time is not known
    const std::optional<Timestamp> due = status().next_due;
    if (!due || *due - now() != delay) {
        mismatch("its next attempt is at another time\n  expected: in " + text_of(delay) +
                     "\n  actual:   " +
                     (due ? "in " + text_of(*due - now()) : std::string{"none waits"}) + hints(),
                 where);
    }
    failure_looked_at_ = true;
}

void AgentBench::check_dead_letter(std::optional<FailureKind> kind, std::string_view text,
                                   Where where) {
    const std::vector<FailedAttempt>& given_up = watch_given_up();
    if (given_up.empty()) {
        mismatch("it did not give up on any event" + hints(), where);
    }
    const FailedAttempt& last = given_up.back();
    if ((kind && last.failure.kind() != *kind) ||
        std::string_view{last.failure.what()}.find(text) == std::string_view::npos) {
        mismatch("it gave up for another reason\n  expected: " +
                     std::string{kind ? bus::to_text(*kind) : "any kind"} + ": ..." +
                     std::string{text} + "...\n  actual:   " + text_of(last),
                 where);
    }
    if (world_.has_store()) {
        const std::optional<StoredEvent> event = store().find(last.event_id);
        const auto letter = event ? store().delivery(name_, event->position) : std::nullopt;
        if (!letter || letter->state != DeliveryState::dead) {
            mismatch("it gave up on " + last.event_type +
                         ", but no dead letter is left: it was redriven or discarded since",
                     where);
        }
        if (is_failed_on_given_up(*letter)) {
            mismatch("it gave up, and " + letter->attempts.back().message, where);
        }
    }
    failure_looked_at_ = true;
}

void AgentBench::check_redrives(std::string_view agent, const DomainEvent& event,
                                Where where) const {
    const std::vector<RequestRecord> given = commands();
    const std::optional<StoredEvent> stored = store().find(event.event_id);
    const bool found = std::any_of(given.begin(), given.end(), [&](const RequestRecord& command) {
        return command.action == DeliveryAction::redrive && command.agent == agent && stored &&
               command.position == stored->position;
    });
    if (!found) {
        mismatch("it did not redrive " + to_text(event) + " of agent " + std::string{agent} +
                     listed("commands:", given,
                            [](const RequestRecord& command) {
                                return "redrive event " + std::to_string(command.position) +
                                       " of agent " + command.agent + ": " + command.result;
                            }) +
                     hints(),
                 where);
    }
}

void AgentBench::check_redrives_nothing(Where where) const {
    if (const auto given = commands(); !given.empty()) {
        mismatch("it redrove event " + std::to_string(given.front().position) + " of agent " +
                     given.front().agent,
                 where);
    }
}

} // namespace bus::testing
