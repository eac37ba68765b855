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
    std::string step{}; ///< empty: the one it was in
    std::string text{};
};

/// The steps that an execution goes through, and what ends it:
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
    struct Step {
        std::string name{};
        const EventType* done_by;         ///< the event type that shows that it is done
        std::optional<Duration> within{}; ///< how long it may take; none: as long as it likes
    };

    using Explain = std::function<StepFailure(const DomainEvent&)>;

    explicit Workflow(std::string name) : name_{std::move(name)} {}

    /// Declares the next step: an event of type E shows that it is done. It begins when the step
    /// before it is done and may take `within`; the first one is over when it is first seen, so
    /// that its limit matters only where another event comes before. Throws std::invalid_argument
    /// for an empty or repeated name, a second step of the same event type, or a limit below zero.
    template <EventStruct E>
    Workflow& step(std::string name, std::optional<Duration> within = {}) {
        return step(event_type<E>(), std::move(name), within);
    }

    Workflow& step(const EventType& done_by, std::string name, std::optional<Duration> within = {});

    /// Declares that an event of type E ends the execution well. It may be that of a step as well.
    template <EventStruct E>
    Workflow& completes() {
        return completes(event_type<E>());
    }

    Workflow& completes(const EventType& type);

    /// Declares that an event of type E ends the execution badly; `explain`, a callable from
    /// (const E&) to StepFailure, says how.
    template <EventStruct E, std::invocable<const E&> F>
    Workflow& fails(F explain) {
        return fails(event_type<E>(),
                     [explain = std::move(explain)](const DomainEvent& event) -> StepFailure {
                         return explain(static_cast<const E&>(event));
                     });
    }

    Workflow& fails(const EventType& type, Explain explain);

    /// Declares that an event of type E takes up a failed execution again, in the step that failed:
    /// a redrive. Without it the execution counts as failed until the redriven step is done.
    template <EventStruct E>
    Workflow& resumes() {
        return resumes(event_type<E>());
    }

    Workflow& resumes(const EventType& type);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }

    [[nodiscard]] const Step* find_step(std::string_view name) const noexcept;
    /// The types of all events that matter to it, each once.
    [[nodiscard]] std::vector<const EventType*> event_types() const;

    /// What an event makes of an execution; `known` is none for its first event. The furthest step
    /// that is done counts, so that events out of order do no harm; of several ends the last word
    /// wins. None: the event changes nothing. Throws what an `explain` throws.
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
    /// How many steps are done once the one of this name is; 0 for a name that is no step.
    [[nodiscard]] std::size_t done_with(std::string_view step) const noexcept;
    [[nodiscard]] std::size_t done_by(const EventType& type) const noexcept;
    void advance(ExecutionState& state, std::size_t done, Timestamp at) const;

    std::string name_;
    std::vector<Step> steps_;
    std::vector<Turn> turns_;
};

} // namespace bus::agents
