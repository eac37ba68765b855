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
    Timestamp at{};
    std::string event_type{};
    Uuid event_id{};
    Failure failure;
};

/// What is known of an agent under test, whatever its type: AgentTest puts given / when / then on
/// top of it. An *act* is what a test does to the agent: when, advance, settle, redrive, discard,
/// a start. What there is to look at is that of the last act, unless said otherwise.
///
/// `emitted`, `failures` and `status` work without a store as well; the rest throws
/// std::logic_error there.
class AgentBench {
public:
    AgentBench(const AgentBench&) = delete;
    AgentBench& operator=(const AgentBench&) = delete;

    [[nodiscard]] World& world() noexcept { return world_; }

    [[nodiscard]] Bus& bus() const { return world_.bus(); }

    [[nodiscard]] MemoryStore& store() const { return world_.store(); }

    [[nodiscard]] Timestamp now() const { return world_.now(); }

    [[nodiscard]] AgentStatus status() const;

    /// What the agent emitted, timers that fired included, in order: the events of types that it
    /// declares, but for those that the test itself has published here. Where another agent of the
    /// world declares a type as well, the cause tells whose the event is; std::logic_error where
    /// that does not tell either.
    [[nodiscard]] std::vector<Recorded> emitted() const;

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

    /// All events of type E, by whomever, in all acts and before.
    template <EventStruct E>
    [[nodiscard]] std::vector<E> published() const {
        return world_.published<E>();
    }

    /// The attempts that failed, or were not ready, in order.
    [[nodiscard]] std::vector<FailedAttempt> failures() const;
    /// Commands that steps of the agent gave, in order, as the traces that they left.
    [[nodiscard]] std::vector<RequestRecord> commands() const;

    /// The agent's timers that have not fired, in all acts, in order of their due times.
    [[nodiscard]] std::vector<TimerRecord> timers() const;
    /// The agent's dead letters, of all acts.
    [[nodiscard]] std::vector<DeliveryRecord> dead_letters() const;

    /// What the agent keeps under a key, brought to the newest version.
    template <class T>
    [[nodiscard]] std::optional<T> state(std::string_view key) const {
        return bus::detail::state_from_text<T>(name_, key, state_text(key));
    }

    /// The same as it is kept.
    [[nodiscard]] std::optional<std::string> state_text(std::string_view key) const;

protected:
    /// The JSON of it, or what is kept where that is no T.
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
    /// `type` null: no timer may wait. `event` null: whatever its members.
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
    std::string title_; ///< of the act
    Recorder::Mark act_begins_;
    std::uint64_t last_request_ = 0; ///< before the act
    std::vector<Uuid> own_;          ///< events that the test has published
    bool failure_looked_at_ = false; ///< in this act
};

} // namespace bus::testing
