#pragma once

#include <bus/testing/agent_bench.hpp>
#include <bus/testing/mismatch.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bus::testing {

/// Tests an agent in the form given / when / then:
///
///     bus::testing::AgentTest<Shipping> shipping{carrier};
///     shipping.given(OrderPlacedEvent{{}, "A-1"})
///         .when(OrderPaidEvent{{}, "A-1"})
///         .then_emits(OrderShippedEvent{{}, "A-1"})
///         .then_state("shipped", 1);
///
/// The agent really runs: on a bus with a store in memory, in one thread, with a clock that only
/// `advance` and `settle` move. Each `then_` function checks the last act and throws Mismatch if
/// something else has happened. They change nothing, so they may come in any order.
///
/// Not thread safe. While an AgentTest exists, events that its thread constructs are stamped from
/// its clock.
template <std::derived_from<Agent> A>
class AgentTest : public AgentBench {
public:
    /// Constructs the agent from these arguments and adds it to the bus.
    template <class... Args>
    requires std::constructible_from<A, Args...>

    explicit AgentTest(Args&&... args) : AgentTest{Setup{}, std::forward<Args>(args)...} {}

    /// The same with a Setup, for example for a test without a store.
    template <class... Args>
    requires std::constructible_from<A, Args...>

    explicit AgentTest(const Setup& setup, Args&&... args) : AgentBench{setup} {
        start(std::forward<Args>(args)...);
    }

    /// Adds an agent that exists already, for example one whose settings() the test has changed.
    explicit AgentTest(std::unique_ptr<A> agent, const Setup& setup = {}) : AgentBench{setup} {
        start(std::move(agent));
    }

    /// The agent. Throws std::logic_error if it is stopped.
    [[nodiscard]] A& agent() const { return static_cast<A&>(installed()); }

    /// Sets whether the `then_` functions also compare ids and times, from now on.
    AgentTest& comparing(Compare compare) {
        compare_ = compare;
        return *this;
    }

    /// Adds another agent to the bus, for an agent that cannot be tested by itself. Returns it.
    template <class B, class... Args>
    B& with(Args&&... args) {
        B& other = bus().template emplace<B>(std::forward<Args>(args)...);
        add_other(other);
        return other;
    }

    // Preparations: the `then_` functions do not look at their results.

    /// Publishes events; the agent handles them one after the other.
    template <EventStruct... E>
    AgentTest& given(const E&... events) {
        (publish_one(events), ...);
        begin_act("given");
        return *this;
    }

    /// Publishes an event and makes it a dead letter of the named agent, which need not be on the
    /// bus. Throws std::logic_error if the event's type is transient, or without a store.
    template <EventStruct E>
    AgentTest& given_dead_letter(std::string_view of_agent, const E& event,
                                 const Failure& failure) {
        publish_one(event);
        put_dead_letter(of_agent, event, failure);
        begin_act("given_dead_letter");
        return *this;
    }

    /// Stores a value as the agent's state under a key.
    template <class T>
    AgentTest& given_state(std::string_view key, const T& value) {
        put_state(key, bus::detail::with_state_version(to_json_text(value), state_version<T>));
        return *this;
    }

    // Acts.

    /// Publishes events one after the other. The agent runs everything that it can run now; no time
    /// passes.
    template <EventStruct... E>
    AgentTest& when(const E&... events) {
        std::string types;
        ((types.append(types.empty() ? "" : ", ").append(event_type<E>().name())), ...);
        begin_act("when(" + types + ')');
        (publish_one(events), ...);
        return *this;
    }

    /// Lets time pass: timers and attempts run in the order in which they are due.
    AgentTest& advance(Duration duration) {
        begin_act("advance");
        world().advance(duration);
        return *this;
    }

    /// Lets time pass until all attempts and all timers are done, or until `limit` has passed.
    AgentTest& settle(Duration limit = std::chrono::hours{24 * 365}) {
        begin_act("settle");
        world().settle(limit);
        return *this;
    }

    /// Redrives all dead letters of the agent, as an operator would.
    AgentTest& redrive(std::string why = "test") {
        begin_act("redrive");
        request(DeliveryAction::redrive, std::move(why));
        return *this;
    }

    /// Discards all dead letters of the agent, as an operator would.
    AgentTest& discard(std::string why = "test") {
        begin_act("discard");
        request(DeliveryAction::discard, std::move(why));
        return *this;
    }

    /// Lets the program die. Time may pass (`advance`) before start().
    AgentTest& stop() {
        AgentBench::stop();
        return *this;
    }

    /// Starts the program again on the same store, with a new agent made from these arguments. Add
    /// other agents again. Throws std::logic_error if the agent is running.
    template <class... Args>

    requires std::constructible_from<A, Args...> AgentTest& start(Args&&... args) {
        return start(std::make_unique<A>(std::forward<Args>(args)...));
    }

    /// The same with an agent that exists already.
    AgentTest& start(std::unique_ptr<A> agent) {
        begin_act("start");
        install(std::move(agent));
        return *this;
    }

    /// Calls stop() and start().
    template <class... Args>

    requires std::constructible_from<A, Args...> AgentTest& restart(Args&&... args) {
        AgentBench::stop();
        return start(std::forward<Args>(args)...);
    }

    // Checks: what must have happened in the last act. Each throws Mismatch if it has not.

    /// The agent emitted these events and no others, in this order. first_difference() compares
    /// them.
    template <EventStruct... More>
    AgentTest& then_emits(Expected first, const More&... more) {
        const Where where = first.where;
        check_emitted({std::move(first), Expected{more, where}...}, compare_, where);
        return *this;
    }

    /// The agent emitted nothing, and no attempt failed. If an attempt did fail, an earlier `then_`
    /// function must have checked that: a handler that throws emits nothing either.
    AgentTest& then_emits_nothing(Where where = Where::here()) {
        check_emitted_nothing(where);
        return *this;
    }

    /// The agent keeps this value under a key, from this act or an earlier one.
    template <class T>
    AgentTest& then_state(std::string_view key, const T& value, Where where = Where::here()) {
        check_state(key, to_json_text(value), state_json<T>(key), where);
        return *this;
    }

    /// The same for text.
    AgentTest& then_state(std::string_view key, const char* value, Where where = Where::here()) {
        return then_state(key, std::string{value}, where);
    }

    /// The agent keeps nothing under a key.
    AgentTest& then_no_state(std::string_view key, Where where = Where::here()) {
        check_state(key, std::nullopt, state_text(key), where);
        return *this;
    }

    /// A timer of the agent is waiting, and will publish an event of type E in `delay` from now.
    template <EventStruct E>
    AgentTest& then_schedules(Duration delay, Where where = Where::here()) {
        check_timer(&event_type<E>(), delay, nullptr, compare_, where);
        return *this;
    }

    /// The same, and the event has these members.
    template <EventStruct E>
    AgentTest& then_schedules(Duration delay, const E& event, Where where = Where::here()) {
        check_timer(&event_type<E>(), delay, &event, compare_, where);
        return *this;
    }

    /// No timer of the agent is waiting.
    AgentTest& then_schedules_nothing(Where where = Where::here()) {
        check_timer(nullptr, {}, nullptr, compare_, where);
        return *this;
    }

    /// An attempt failed. The last failure was of this kind, and its message contains `text`.
    AgentTest& then_fails(FailureKind kind, std::string_view text = {},
                          Where where = Where::here()) {
        check_failed(kind, text, where);
        return *this;
    }

    /// No attempt failed.
    AgentTest& then_succeeds(Where where = Where::here()) {
        check_succeeded(where);
        return *this;
    }

    /// The agent's next attempt is due in `delay` from now. Throws std::logic_error without a
    /// store.
    AgentTest& then_tries_again_in(Duration delay, Where where = Where::here()) {
        check_next_attempt(delay, where);
        return *this;
    }

    /// The agent gave up on an event. The dead letter is still there, and on_given_up did not fail.
    AgentTest& then_dead_letter(Where where = Where::here()) {
        check_dead_letter({}, {}, where);
        return *this;
    }

    /// The same, and the last failure was of this kind, with a message that contains `text`.
    AgentTest& then_dead_letter(FailureKind kind, std::string_view text = {},
                                Where where = Where::here()) {
        check_dead_letter(kind, text, where);
        return *this;
    }

    /// A step of the agent redrove this dead letter of the named agent.
    AgentTest& then_redrives(std::string_view of_agent, const DomainEvent& event,
                             Where where = Where::here()) {
        check_redrives(of_agent, event, where);
        return *this;
    }

    /// No step of the agent redrove a dead letter.
    AgentTest& then_redrives_nothing(Where where = Where::here()) {
        check_redrives_nothing(where);
        return *this;
    }

private:
    template <EventStruct E>
    void publish_one(const E& event) {
        note_published(event);
        bus().publish(event);
        world().run();
    }

    Compare compare_;
};

} // namespace bus::testing
