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

    explicit AgentBench(const Setup& setup);
    ~AgentBench();

    // The functions that AgentTest is built on; see the functions there.

    Agent& install(std::unique_ptr<Agent> agent);
    [[nodiscard]] Agent& installed() const;
    void add_other(Agent& other);
    void stop();
    void begin_act(std::string title);
    void note_published(const DomainEvent& event);
    void put_dead_letter(std::string_view agent, const DomainEvent& event,
                         const Failure& failure) const;
    void put_state(std::string_view key, std::string json) const;
    void request(DeliveryAction action, std::string why);

    void check_emitted(const std::vector<Expected>& expected, Compare compare, Where where);
    void check_emitted_nothing(Where where);
    void check_state(std::string_view key, const std::optional<std::string>& expected,
                     const std::optional<std::string>& actual, Where where) const;
    /// If `type` is null, no timer may wait. If `event` is null, any members are right.
    void check_timer(const EventType* type, Duration delay, const DomainEvent* event,
                     Compare compare, Where where) const;
    void check_failed(FailureKind kind, std::string_view text, Where where);
    void check_succeeded(Where where) const;
    void check_dead_letter(std::optional<FailureKind> kind, std::string_view text, Where where);
    void check_next_attempt(Duration delay, Where where);
    void check_redrives(std::string_view agent, const DomainEvent& event, Where where) const;
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
