#pragma once

#include <agents/control/execution_state.hpp>
#include <bus/event/domain_event.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus::agents {

/// Which step of an execution failed, and why.
struct StepFailure {
    std::string step{}; ///< empty: the step that the execution was in
    std::string text{}; ///< why it failed, for people
};

/// The steps that an execution goes through, and the events that end it:
///
///     const auto workflow = Workflow{"order"}
///         .step<OrderCreatedEvent>("ingest")
///         .step<OrderSavedEvent>("save", std::chrono::minutes{5})
///         .step<OrderSyncedEvent>("complete", std::chrono::hours{1})
///         .completes<OrderSyncedEvent>()
///         .fails<OrderFailedEvent>([](const OrderFailedEvent& event) {
///             return StepFailure{event.step_failed, event.error_message};
///         });
///
/// A value; reading it is thread safe.
class Workflow {
public:
    /// One step of the workflow.
    struct Step {
        std::string name{};               ///< unique within the workflow
        const EventType* done_by;         ///< the type of the event that shows that it is done
        std::optional<Duration> within{}; ///< how long it may take; none: no limit
    };

    /// Reads from an event which step failed, and why.
    using Explain = std::function<StepFailure(const DomainEvent&)>;

    /// A workflow without steps; `name` appears in messages.
    explicit Workflow(std::string name) : name_{std::move(name)} {}

    /// Declares the next step: an event of type E shows that it is done. The step begins when the
    /// step before it is done, and may take `within`. The first step begins with the first event of
    /// the execution. This is usually the event that shows that the step is done, so the limit of
    /// the first step matters only if another event comes earlier. Throws std::invalid_argument if
    /// the name is empty or repeated, if another step has the same event type, or if the limit is
    /// negative.
    template <EventStruct E>
    Workflow& step(std::string name, std::optional<Duration> within = {}) {
        return step(event_type<E>(), std::move(name), within);
    }

    /// The same, for an event type that is known only at run time.
    Workflow& step(const EventType& done_by, std::string name, std::optional<Duration> within = {});

    /// Declares that an event of type E completes the execution. E may also be the event type of a
    /// step. Throws std::invalid_argument if E is already declared to complete, fail or resume an
    /// execution.
    template <EventStruct E>
    Workflow& completes() {
        return completes(event_type<E>());
    }

    /// The same, for an event type that is known only at run time.
    Workflow& completes(const EventType& type);

    /// Declares that an event of type E ends the execution with a failure. `explain` is a callable
    /// from (const E&) to StepFailure. Throws as completes() does.
    template <EventStruct E, std::invocable<const E&> F>
    Workflow& fails(F explain) {
        return fails(event_type<E>(),
                     [explain = std::move(explain)](const DomainEvent& event) -> StepFailure {
                         return explain(static_cast<const E&>(event));
                     });
    }

    /// The same, for an event type that is known only at run time. Throws std::invalid_argument
    /// also if `explain` is empty.
    Workflow& fails(const EventType& type, Explain explain);

    /// Declares that after an event of type E, such as a redrive, a failed execution runs again in
    /// the step that failed. Without such an event the execution counts as failed until the
    /// redriven step is done. Throws as completes() does.
    template <EventStruct E>
    Workflow& resumes() {
        return resumes(event_type<E>());
    }

    /// The same, for an event type that is known only at run time.
    Workflow& resumes(const EventType& type);

    /// The name given at construction.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The steps in the order of their declaration.
    [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }

    /// The step of this name, or nullptr. The pointer is valid until another step is declared.
    [[nodiscard]] const Step* find_step(std::string_view name) const noexcept;
    /// The types of all events that the workflow names, each type once.
    [[nodiscard]] std::vector<const EventType*> event_types() const;

    /// The state of an execution after `event`. `known` is its state before; none for its first
    /// event. Only the furthest step that is done counts, so events may arrive out of order. If the
    /// execution ends more than once, the latest end counts. Returns none if the event changes
    /// nothing. Throws what `explain` throws.
    [[nodiscard]] std::optional<ExecutionState>
    apply(const DomainEvent& event, const std::optional<ExecutionState>& known) const;

private:
    enum class Role : std::uint8_t { completes, fails, resumes };

    struct Turn {
        const EventType* type;
        Role role;
        Explain explain;
    };

    Workflow& turn(const EventType& type, Role role, Explain explain);
    [[nodiscard]] const Turn* find_turn(const EventType& type) const noexcept;
    /// How many steps are done when the step of this name is done; 0 if there is no such step.
    [[nodiscard]] std::size_t done_with(std::string_view step) const noexcept;
    [[nodiscard]] std::size_t done_by(const EventType& type) const noexcept;
    void advance(ExecutionState& state, std::size_t done, Timestamp at) const;

    std::string name_;
    std::vector<Step> steps_;
    std::vector<Turn> turns_;
};

} // namespace bus::agents
