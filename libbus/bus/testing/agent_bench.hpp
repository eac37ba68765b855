#pragma once

#include <bus/agent/agent.hpp>
#include <bus/agent/state_version.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/failure.hpp>
#include <bus/testing/compare.hpp>
#include <bus/testing/mismatch.hpp>
#include <bus/testing/world.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus::testing {

/// A failed attempt of a step.
struct FailedAttempt {
    Timestamp at{};           ///< simulated time
    std::string event_type{}; ///< the wire name of the event's type
    Uuid event_id{};          ///< the event
    Failure failure;          ///< why the attempt failed
};

/// The part of AgentTest that does not depend on the type of the agent. An *act* is something that
/// a test does to the agent: when, advance, settle, redrive, discard, or a start. The functions
/// below return results of the last act, unless their comment says otherwise.
///
/// `emitted`, `published`, `failures` and `status` also work without a store. The other functions
/// that return results then throw std::logic_error.
class AgentBench {
public:
    AgentBench(const AgentBench&) = delete;
    AgentBench& operator=(const AgentBench&) = delete;

    /// The clock, bus and store of the test.
    [[nodiscard]] World& world() noexcept { return world_; }

    /// The bus. Throws std::logic_error if it is stopped.
    [[nodiscard]] Bus& bus() const { return world_.bus(); }

    /// The store. Throws std::logic_error if there is none.
    [[nodiscard]] MemoryStore& store() const { return world_.store(); }

    /// The simulated time.
    [[nodiscard]] Timestamp now() const { return world_.now(); }

    /// The status of the agent now. Throws std::logic_error if it is not on the bus.
    [[nodiscard]] AgentStatus status() const;

    /// The events that the agent emitted, in order, including those of timers that fired. These are
    /// the events of the types that the agent declares, except those that the test has published.
    /// If another agent on the bus declares the same type, the cause of an event decides which
    /// agent has emitted it. If that is not enough either, throws std::logic_error.
    [[nodiscard]] std::vector<Recorded> emitted() const;

    /// The same, but only events of type E.
    template <EventStruct E>
    [[nodiscard]] std::vector<E> emitted() const {
        std::vector<E> found;
        for (const Recorded& recorded : emitted()) {
            if (const E* event = event_cast<E>(*recorded.event)) {
                found.push_back(*event);
            }
        }
        return found;
    }

    /// All events of type E, from any publisher, in all acts and before them.
    template <EventStruct E>
    [[nodiscard]] std::vector<E> published() const {
        return world_.published<E>();
    }

    /// The attempts that failed or were not ready, in order.
    [[nodiscard]] std::vector<FailedAttempt> failures() const;
    /// The commands, such as redrives, that steps of the agent issued, in order.
    [[nodiscard]] std::vector<RequestRecord> commands() const;

    /// The agent's timers from all acts that have not fired, in the order in which they are due.
    [[nodiscard]] std::vector<TimerRecord> timers() const;
    /// The agent's dead letters from all acts.
    [[nodiscard]] std::vector<DeliveryRecord> dead_letters() const;

    /// The state that the agent keeps under a key, converted to the newest version; none if there
    /// is none.
    template <class T>
    [[nodiscard]] std::optional<T> state(std::string_view key) const {
        return bus::detail::state_from_text<T>(name_, key, state_text(key));
    }

    /// The same as stored JSON text, in the version in which it was stored.
    [[nodiscard]] std::optional<std::string> state_text(std::string_view key) const;

protected:
    /// The state as JSON of the newest version. If it is not a T, the stored text.
    template <class T>
    [[nodiscard]] std::optional<std::string> state_json(std::string_view key) const {
        try {
            const std::optional<T> value = state<T>(key);
            return value ? std::optional{to_json_text(*value)} : std::nullopt;
        } catch (const CodecError&) {
            return state_text(key);
        }
    }

    /// A test without an agent yet.
    explicit AgentBench(const Setup& setup);
    ~AgentBench();

    // The functions that AgentTest is built on; see the functions there.

    /// Adds the agent under test to the bus. Throws std::logic_error if there is one already.
    Agent& install(std::unique_ptr<Agent> agent);
    /// The agent under test. Throws std::logic_error if it is stopped.
    [[nodiscard]] Agent& installed() const;
    /// Notes that another agent is on the bus, too.
    void add_other(Agent& other);
    /// Lets the program die.
    void stop();
    /// Begins an act with this name, which messages show.
    void begin_act(std::string title);
    /// Notes that the test itself publishes this event, so that it does not count as emitted.
    void note_published(const DomainEvent& event);
    /// Makes an event in the store a dead letter of the named agent.
    void put_dead_letter(std::string_view agent, const DomainEvent& event,
                         const Failure& failure) const;
    /// Stores JSON as the agent's state under a key.
    void put_state(std::string_view key, std::string json) const;
    /// Requests an action for all dead letters of the agent, as an operator would.
    void request(DeliveryAction action, std::string why);

    /// Throws Mismatch unless the agent emitted these events and no others, in this order.
    void check_emitted(const std::vector<Expected>& expected, Compare compare, Where where);
    /// Throws Mismatch if the agent emitted anything, or if an attempt failed and no check of this
    /// act expected that.
    void check_emitted_nothing(Where where);
    /// Throws Mismatch unless two states, as JSON, are the same; none means that there is no state.
    void check_state(std::string_view key, const std::optional<std::string>& expected,
                     const std::optional<std::string>& actual, Where where) const;
    /// Throws Mismatch unless a timer of the agent waits that will publish an event of this type in
    /// `delay` from now. If `type` is null, no timer may wait. If `event` is null, any members are
    /// right.
    void check_timer(const EventType* type, Duration delay, const DomainEvent* event,
                     Compare compare, Where where) const;
    /// Throws Mismatch unless the last failure was of this kind, with a message that contains
    /// `text`.
    void check_failed(FailureKind kind, std::string_view text, Where where);
    /// Throws Mismatch if an attempt failed.
    void check_succeeded(Where where) const;
    /// Throws Mismatch unless the agent gave up on an event. The message of the last failure must
    /// contain `text`, and the failure must be of this kind if one is given. With a store, the dead
    /// letter must still be there, and on_given_up must not have failed.
    void check_dead_letter(std::optional<FailureKind> kind, std::string_view text, Where where);
    /// Throws Mismatch unless the agent's next attempt is due in `delay` from now.
    void check_next_attempt(Duration delay, Where where);
    /// Throws Mismatch unless a step of the agent redrove this dead letter of the named agent.
    void check_redrives(std::string_view agent, const DomainEvent& event, Where where) const;
    /// Throws Mismatch if a step of the agent redrove a dead letter.
    void check_redrives_nothing(Where where) const;

private:
    struct Watch;
    void listen() const;
    [[noreturn]] void mismatch(const std::string& message, Where where) const;
    [[nodiscard]] bool declares(const Agent& agent, const EventType& type) const;
    [[nodiscard]] bool may_be_by(const Agent& agent, const Recorded& recorded) const;
    [[nodiscard]] bool is_by_agent(const Recorded& recorded) const;
    [[nodiscard]] std::string hints() const;
    [[nodiscard]] const std::vector<FailedAttempt>& watch_given_up() const;

    mutable World world_;
    std::string name_;
    Agent* agent_ = nullptr;
    std::vector<const Agent*> others_;
    std::shared_ptr<Watch> watch_;
    std::string title_;              ///< the name of the act, for messages
    Recorder::Mark act_begins_;      ///< the place in the recorder where the act begins
    std::uint64_t last_request_ = 0; ///< number of the last request before the act
    std::vector<Uuid> own_;          ///< events that the test has published
    bool failure_looked_at_ = false; ///< whether a check of this act expected a failure
};

} // namespace bus::testing
