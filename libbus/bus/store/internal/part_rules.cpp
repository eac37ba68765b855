#include <bus/event/internal/utf8_error.hpp>
#include <bus/event/utf8.hpp>
#include <bus/store/internal/part_rules.hpp>

#include <boost/describe/enum_to_string.hpp>

#include <algorithm>
#include <limits>
#include <string_view>

namespace bus::internal {

namespace {

/// Whether a part has something about an agent but does not name the agent.
bool lacks_agent(const Part& part) {
    if (!part.agent.empty()) {
        return false;
    }
    if (part.start || needs_record(part) || !part.erase_deliveries.empty() ||
        !part.put_states.empty() || !part.erase_states.empty()) {
        return true;
    }
    return std::any_of(part.put_deliveries.begin(), part.put_deliveries.end(),
                       [](const DeliveryRecord& delivery) { return delivery.agent.empty(); });
}

/// Looks for the first text that is not UTF-8.
class Utf8Check {
public:
    /// `of` and `member` say in the message which text it is.
    void see(std::string_view of, const char* member, std::string_view text) {
        if (find_bad_utf8(text) != std::string_view::npos && refusal_.empty()) {
            refusal_ = std::string{of} + member + ": " + utf8_error(text);
        }
    }

    void see_event(std::string_view of, const EventRecord& record) {
        see(of, "event_type", record.event_type);
        see(of, "aggregate_id", record.aggregate_id);
        see(of, "aggregate_type", record.aggregate_type);
        see(of, "execution_id", record.execution_id);
        see(of, "user_id", record.user_id);
    }

    /// Null if all texts are UTF-8.
    [[nodiscard]] std::exception_ptr refusal() const {
        return refusal_.empty() ? nullptr
                                : std::make_exception_ptr(PartRefused{
                                      "the store takes no text that is not UTF-8; nothing was "
                                      "stored: " +
                                      refusal_});
    }

private:
    std::string refusal_;
};

/// Checks names and ids that JSON could not hold. These are not checked:
/// - data and states, because the codec has written and checked them; another check would cost the
///   writer more than everything else here,
/// - messages of attempts, because as_kept() replaces bad bytes,
/// - names that are stored already, because an older version may have accepted them.
std::exception_ptr text_refusal(const Part& part) {
    Utf8Check check;
    for (const NewEvent& event : part.events) {
        check.see_event("", event.record);
    }
    if (part.start) {
        check.see("", "the name of an agent", part.agent);
    }
    for (const StateRecord& state : part.put_states) {
        check.see("", "state key", state.key);
    }
    for (const TimerRecord& timer : part.put_timers) {
        check.see_event("the event of a timer: ", timer.event);
    }
    for (const DeliveryCommand& command : part.commands) {
        check.see("a command: ", "who", command.who);
        check.see("a command: ", "why", command.why);
    }
    return check.refusal();
}

/// Finds the length of the longest text.
class Longest {
public:
    template <class... Texts>
    void see(const Texts&... texts) {
        ((size_ = std::max(size_, texts.size())), ...);
    }

    void see_event(const EventRecord& record) {
        see(record.data, record.aggregate_id, record.execution_id, record.user_id,
            record.event_type, record.aggregate_type);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    std::size_t size_ = 0;
};

} // namespace

std::string stream_name(const EventRecord& record) {
    return record.aggregate_type + "/" + record.aggregate_id;
}

DeliveryRecord as_kept(const Part& part, const DeliveryRecord& delivery) {
    DeliveryRecord kept = delivery;
    if (kept.agent.empty()) {
        kept.agent = part.agent;
    }
    for (AttemptRecord& attempt : kept.attempts) {
        attempt.message = valid_utf8(attempt.message);
    }
    return kept;
}

bool needs_record(const Part& part) {
    return !part.start && (part.replay || !part.settled.empty() || part.delivered != 0 ||
                           part.finished != 0 || part.begun);
}

std::exception_ptr shape_refusal(const Part& part) {
    if (lacks_agent(part)) {
        return std::make_exception_ptr(std::invalid_argument{
            "a part settles positions, or has deliveries or state, but names no agent: set "
            "Part::agent"});
    }
    if (part.replay && part.start && part.replay->after != *part.start) {
        return std::make_exception_ptr(
            std::invalid_argument{"a part registers an agent after " + std::to_string(*part.start) +
                                  " and has it replay after " + std::to_string(part.replay->after) +
                                  ": the two must be equal"});
    }
    for (const PositionRange& range : part.settled) {
        if (range.first > range.last) {
            return std::make_exception_ptr(std::invalid_argument{
                "a part settles the positions from " + std::to_string(range.first) + " to " +
                std::to_string(range.last) + ", which is backwards: swap the two"});
        }
    }
    if (std::any_of(part.put_timers.begin(), part.put_timers.end(),
                    [](const TimerRecord& timer) { return timer.number == 0; })) {
        return std::make_exception_ptr(std::invalid_argument{
            "a part schedules a timer without a number: give it one above last_timer()"});
    }
    return text_refusal(part);
}

void check_request(const RequestRecord& request) {
    Utf8Check check;
    check.see("a request: ", "who", request.who);
    check.see("a request: ", "why", request.why);
    check.see("a request: ", "agent", request.agent);
    check.see("a request: ", "error", request.error.value_or(std::string{}));
    if (const std::exception_ptr refusal = check.refusal()) {
        std::rethrow_exception(refusal);
    }
}

std::invalid_argument no_record_error(const std::string& agent) {
    return std::invalid_argument{"agent '" + agent +
                                 "' has no record in the store, so nothing can be settled or "
                                 "counted for it: its first part must set Part::start"};
}

StoreError name_taken_error(std::string_view from, std::string_view to, const std::string& store) {
    std::string message = "cannot rename agent ";
    message.append(from).append(" to ").append(to).append(" in ").append(store);
    message.append(": it holds an agent of that name, too. If ").append(to);
    message.append(" started from the beginning instead of continuing as ").append(from);
    message.append(", remove it with `bus agents forget`, and rename the other one then");
    return StoreError{message};
}

std::size_t longest_text(const Part& part) {
    Longest longest;
    for (const NewEvent& event : part.events) {
        longest.see_event(event.record);
    }
    for (const StateRecord& state : part.put_states) {
        longest.see(state.key, state.json);
    }
    for (const DeliveryRecord& delivery : part.put_deliveries) {
        longest.see(delivery.sequence);
        for (const AttemptRecord& attempt : delivery.attempts) {
            longest.see(attempt.message);
        }
    }
    for (const TimerRecord& timer : part.put_timers) {
        longest.see(timer.agent);
        longest.see_event(timer.event);
    }
    for (const DeliveryCommand& command : part.commands) {
        longest.see(command.agent, command.who, command.why);
        if (command.answer) {
            longest.see(command.answer->result);
        }
    }
    for (const RequestAnswer& answer : part.answers) {
        longest.see(answer.result);
    }
    return longest.size();
}

CommandOutcome carry_out(const DeliveryCommand& command, std::optional<DeliveryRecord>& delivery) {
    if (!delivery) {
        return {false, "nothing done: there is no such delivery"};
    }
    if (command.action == DeliveryAction::discard) {
        return {true, "discarded"};
    }
    if (command.action == DeliveryAction::retry) {
        if (delivery->state != DeliveryState::deferred) {
            return {false, std::string{"nothing done: it is "} + to_text(delivery->state)};
        }
        delivery->due = Timestamp{};
        return {true, "retried"};
    }
    if (command.action != DeliveryAction::redrive) {
        return {false, "nothing done: this is not a command for a delivery; make a request"};
    }
    if (delivery->state != DeliveryState::dead) {
        return {false, std::string{"nothing done: it is "} + to_text(delivery->state)};
    }
    delivery->state = DeliveryState::deferred;
    delivery->due = Timestamp{};
    delivery->failures = 0;
    ++delivery->redrives;
    delivery->quarantined = false;
    return {true, "redriven"};
}

bool names_action(std::int64_t number) noexcept {
    return number >= 0 && number <= std::numeric_limits<std::uint8_t>::max() &&
           boost::describe::enum_to_string(static_cast<DeliveryAction>(number), nullptr) != nullptr;
}

RequestRecord trace_of(const Part& part, const DeliveryCommand& command, std::string result) {
    return {.number = 0,
            .at = part.commanded_at,
            .who = command.who,
            .why = command.why,
            .action = command.action,
            .agent = valid_utf8(command.agent),
            .position = command.position,
            .kind = {},
            .error = {},
            .done_at = part.commanded_at,
            .result = std::move(result),
            .part_of = command.request};
}

PruneRefused behind_error(Position through, const std::string& agent, Position checkpoint) {
    return PruneRefused{"cannot prune the events up to " + std::to_string(through) + ": agent '" +
                        agent + "' is done with those up to " + std::to_string(checkpoint) +
                        " only; let it catch up, prune up to there, or forget the agent if it is "
                        "gone"};
}

PruneRefused unfinished_error(Position through, const std::string& agent, Position position,
                              DeliveryState state) {
    return PruneRefused{"cannot prune the events up to " + std::to_string(through) + ": agent '" +
                        agent + "' is not done with event " + std::to_string(position) +
                        ", whose delivery is " + to_text(state) +
                        "; let it finish, discard it, or prune only the events before it"};
}

} // namespace bus::internal
