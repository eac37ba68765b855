#pragma once

#include <bus/testing/agent_bench.hpp>
#include <bus/testing/mismatch.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bus::testing {

/// Given / when / then for an agent:
///
///     bus::testing::AgentTest<Shipping> shipping{carrier};
///     shipping.given(OrderPlacedEvent{{}, "A-1"})
///         .when(OrderPaidEvent{{}, "A-1"})
///         .then_emits(OrderShippedEvent{{}, "A-1"})
///         .then_state("shipped", 1);
///
/// The agent runs for real: on a bus with a store in memory, in one thread, on a clock that moves
/// only by `advance` and `settle`. Each `then_` looks at the last act and throws Mismatch where
/// something else has happened; none of them takes anything away, so they may come in any order.
///
/// Not thread safe. While it lives, events made on its thread are stamped from its clock.
template <std::derived_from<Agent> A>
class AgentTest : public AgentBench {
public:
    /// The agent is made from these arguments and added at once.
    template <class... Args>
    requires std::constructible_from<A, Args...>

    explicit AgentTest(Args&&... args) : AgentTest{Setup{}, std::forward<Args>(args)...} {}

    template <class... Args>
    requires std::constructible_from<A, Args...>

    explicit AgentTest(const Setup& setup, Args&&... args) : AgentBench{setup} {
        start(std::forward<Args>(args)...);
    }

    /// For an agent whose settings() the test has changed.
    explicit AgentTest(std::unique_ptr<A> agent, const Setup& setup = {}) : AgentBench{setup} {
        start(std::move(agent));
    }

    /// Throws std::logic_error while it is stopped.
    [[nodiscard]] A& agent() const { return static_cast<A&>(installed()); }

    /// Which members count beside the described ones, from here on.
    AgentTest& comparing(Compare compare) {
        compare_ = compare;
        return *this;
    }

    /// Adds another agent to the bus, for one that cannot be tested alone.
    template <class B, class... Args>
    B& with(Args&&... args) {
        B& other = bus().template emplace<B>(std::forward<Args>(args)...);
        add_other(other);
        return other;
    }

    // Before the act: what comes of it is not looked at.

    /// Publishes events, which the agent handles one after the other.
    template <EventStruct... E>
    AgentTest& given(const E&... events) {
        (publish_one(events), ...);
        begin_act("given");
        return *this;
    }

    /// Publishes an event on which an agent, present or not, has given up.
    template <EventStruct E>
    AgentTest& given_dead_letter(std::string_view of_agent, const E& event,
                                 const Failure& failure) {
        publish_one(event);
        put_dead_letter(of_agent, event, failure);
        begin_act("given_dead_letter");
        return *this;
    }

    /// The agent keeps this under a key.
    template <class T>
    AgentTest& given_state(std::string_view key, const T& value) {
        put_state(key, bus::detail::with_state_version(to_json_text(value), state_version<T>));
        return *this;
    }

    // Acts.

    /// Publishes events one after the other; the agent does what it can without time passing.
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

    /// Lets time pass until nothing is left to come: all attempts, all timers.
    AgentTest& settle(Duration limit = std::chrono::hours{24 * 365}) {
        begin_act("settle");
        world().settle(limit);
        return *this;
    }

    /// An operator has all dead letters of the agent tried again.
    AgentTest& redrive(std::string why = "test") {
        begin_act("redrive");
        request(DeliveryAction::redrive, std::move(why));
        return *this;
    }

    /// An operator is done with all dead letters of the agent.
    AgentTest& discard(std::string why = "test") {
        begin_act("discard");
        request(DeliveryAction::discard, std::move(why));
        return *this;
    }

    /// The program dies; time may pass (`advance`) before it starts again.
    AgentTest& stop() {
        AgentBench::stop();
        return *this;
    }

    /// It starts again on the same store, with an agent made anew; others are to be added again.
    template <class... Args>

    requires std::constructible_from<A, Args...> AgentTest& start(Args&&... args) {
        return start(std::make_unique<A>(std::forward<Args>(args)...));
    }

    AgentTest& start(std::unique_ptr<A> agent) {
        begin_act("start");
        install(std::move(agent));
        return *this;
    }

    /// stop() and start().
    template <class... Args>

    requires std::constructible_from<A, Args...> AgentTest& restart(Args&&... args) {
        AgentBench::stop();
        return start(std::forward<Args>(args)...);
    }

    // What has to have happened in the last act.

    /// It emitted these events and no others, in this order. They are compared as
    /// first_difference() does.
    template <EventStruct... More>
    AgentTest& then_emits(Expected first, const More&... more) {
        const Where where = first.where;
        check_emitted({std::move(first), Expected{more, where}...}, compare_, where);
        return *this;
    }

    /// It emitted nothing, and no attempt failed that no `then_` has looked at before: a handler
    /// that throws emits nothing either.
    AgentTest& then_emits_nothing(Where where = Where::here()) {
        check_emitted_nothing(where);
        return *this;
    }

    /// It keeps this value under a key, whenever it was put there.
    template <class T>
    AgentTest& then_state(std::string_view key, const T& value, Where where = Where::here()) {
        check_state(key, to_json_text(value), state_json<T>(key), where);
        return *this;
    }

    AgentTest& then_state(std::string_view key, const char* value, Where where = Where::here()) {
        return then_state(key, std::string{value}, where);
    }

    /// It keeps nothing under a key.
    AgentTest& then_no_state(std::string_view key, Where where = Where::here()) {
        check_state(key, std::nullopt, state_text(key), where);
        return *this;
    }

    /// A timer of the agent waits that publishes an E in `delay` from now.
    template <EventStruct E>
    AgentTest& then_schedules(Duration delay, Where where = Where::here()) {
        check_timer(&event_type<E>(), delay, nullptr, compare_, where);
        return *this;
    }

    /// The same for an event with these members.
    template <EventStruct E>
    AgentTest& then_schedules(Duration delay, const E& event, Where where = Where::here()) {
        check_timer(&event_type<E>(), delay, &event, compare_, where);
        return *this;
    }

    /// No timer of the agent waits.
    AgentTest& then_schedules_nothing(Where where = Where::here()) {
        check_timer(nullptr, {}, nullptr, compare_, where);
        return *this;
    }

    /// An attempt failed; the last one so, with a message that holds `text`.
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

    /// Its next attempt comes in `delay` from now.
    AgentTest& then_tries_again_in(Duration delay, Where where = Where::here()) {
        check_next_attempt(delay, where);
        return *this;
    }

    /// It gave up on an event, of which a dead letter is left, and on_given_up did not fail.
    AgentTest& then_dead_letter(Where where = Where::here()) {
        check_dead_letter({}, {}, where);
        return *this;
    }

    /// The same after a failure of this kind, with a message that holds `text`.
    AgentTest& then_dead_letter(FailureKind kind, std::string_view text = {},
                                Where where = Where::here()) {
        check_dead_letter(kind, text, where);
        return *this;
    }

    /// A step of the agent gave this dead letter to its agent again.
    AgentTest& then_redrives(std::string_view of_agent, const DomainEvent& event,
                             Where where = Where::here()) {
        check_redrives(of_agent, event, where);
        return *this;
    }

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
