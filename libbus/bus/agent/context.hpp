#pragma once

#include <bus/agent/read_state.hpp>
#include <bus/agent/timer_handle.hpp>
#include <bus/dispatch/handler_check.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/delay.hpp>
#include <bus/store/records.hpp>

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

/// Where a step reads what it has not written itself. For the delivery, not for agents.
class StepSource {
public:
    StepSource() = default;
    StepSource(const StepSource&) = delete;
    StepSource& operator=(const StepSource&) = delete;
    virtual ~StepSource() = default;

    virtual Timestamp now() = 0;
    virtual std::uint64_t random() = 0;
    virtual std::optional<std::string> state(std::string_view key) = 0;
    /// A page of what is kept under keys that begin with `prefix`.
    virtual StatePage states(std::string_view prefix, const std::optional<std::string>& after) = 0;
    virtual std::optional<DeliveryRecord> dead_letter(std::string_view agent,
                                                      const Uuid& event_id) = 0;
    /// A handle for a timer to be started once the step has succeeded.
    virtual TimerHandle new_timer() = 0;
};

/// A timer that a step has asked for.
struct TimerRequest {
    TimerHandle handle{};
    Duration delay{};
    std::shared_ptr<const DomainEvent> event{};
};

/// What a step wants to have happened once it has succeeded.
struct StepEffects {
    std::vector<std::shared_ptr<const DomainEvent>> emitted{};
    detail::WrittenStates states;
    std::vector<DeliveryCommand> commands{};
    std::vector<TimerRequest> timers{};
    std::vector<TimerHandle> cancelled{}; ///< after the timers that it starts

    [[nodiscard]] bool empty() const noexcept {
        return emitted.empty() && states.empty() && commands.empty() && timers.empty() &&
               cancelled.empty();
    }
};

/// What a step may do. All it does happens when the step has succeeded, at once, or not at all.
/// It belongs to the step: not to be kept, and not to be used from another thread.
class Context {
public:
    /// What a step is about.
    struct Step {
        const std::string& agent;
        const DomainEvent& event;
        Position position = 0; ///< 0 without a store
        std::uint32_t attempt = 1;
        std::uint32_t redrives = 0;
        bool replay = false;
        const std::vector<const EventType*>& may_emit;
    };

    Context(const Step& step, StepSource& source, StepEffects& effects)
        : step_{step}, source_{source}, effects_{effects} {}

    Context& operator=(const Context&) = delete;
    ~Context() = default;

    /// Emits an event: nobody sees it before the step has succeeded. Execution and user are those
    /// of the handled event unless set, and that event is its cause. Throws std::logic_error for
    /// a type that the handler has not declared; with a StepContext that does not compile.
    template <class E>
    void publish(E event) {
        if constexpr (detail::check_published<E>()) {
            check_declared(event_type<E>());
            stamp(event);
            emit(std::make_shared<const E>(std::move(event)));
        }
    }

    /// Publishes an event later, as if this step emitted it then: declared types only, with this
    /// step's event as its cause. Nothing happens unless the step succeeds, and the delay (zero
    /// and negative ones: at once) counts from then. Timers fire in order of their due times, and
    /// of their scheduling where these are equal. On a store they commit with the step and survive
    /// the program: what came due while it was not running fires when it runs again. Without one
    /// they live in memory, and stopping the bus drops them. The handle may be kept, in the state
    /// as well, and used in a later step of this agent. Throws std::logic_error for a type that is
    /// not declared.
    template <class E>
    TimerHandle schedule(Duration delay, E event) {
        if constexpr (detail::check_published<E>()) {
            check_declared(event_type<E>());
            stamp(event);
            return start_timer(delay, std::make_shared<const E>(std::move(event)));
        } else {
            return {};
        }
    }

    /// The same for a delay such as `1.5s`, rounded up to whole microseconds.
    template <class Rep, class Period, class E>

    requires(!std::convertible_to<std::chrono::duration<Rep, Period>, Duration>) TimerHandle
        schedule(std::chrono::duration<Rep, Period> delay, E event) {
        return schedule(detail::delay_of(delay), std::move(event));
    }

    /// Cancels a timer of this agent once the step has succeeded: it never fires after that.
    /// Harmless where it has fired, or was cancelled before.
    void cancel(TimerHandle timer);

    /// The event being handled.
    [[nodiscard]] const DomainEvent& event() const noexcept { return step_.event; }

    /// Its place in the log; 0 without a store.
    [[nodiscard]] Position position() const noexcept { return step_.position; }

    /// 1 for the first attempt of this delivery, and one more after each that failed, those before
    /// a redrive included; attempts in a row that were not_ready count as one.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return step_.attempt; }

    /// How often this delivery was redriven.
    [[nodiscard]] std::uint32_t redrives() const noexcept { return step_.redrives; }

    /// True where the event is handled again only for the agent's own state: what the step emits,
    /// schedules, cancels and redrives is dropped, for it has happened. What it would do outside
    /// (a mail, a payment) it must leave out itself.
    [[nodiscard]] bool replaying() const noexcept { return step_.replay; }

    /// The runtime's wall clock.
    [[nodiscard]] Timestamp now() const { return source_.now(); }

    /// 64 random bits of the runtime.
    [[nodiscard]] std::uint64_t random() const { return source_.random(); }

    /// The same for every attempt of this step, and for no other step and purpose: to be sent
    /// along with an effect outside, so that the other side can tell a repeat.
    [[nodiscard]] std::string idempotency_key(std::string_view purpose) const;

    /// What the agent keeps under a key, with what this step has written. A state of an earlier
    /// state_version goes through its upcasters. Throws CodecError, which names agent, key and
    /// type, if it is no T or of a newer version.
    template <class T>
    [[nodiscard]] std::optional<T> state(std::string_view key) const {
        return detail::state_from_text<T>(step_.agent, key, state_text(key));
    }

    /// The same of all that it keeps under keys that begin with `prefix`, by key: with what this
    /// step has set, and without what it has erased. The step may set and erase while it goes
    /// through them: what lies behind the page that is being gone through is then seen.
    template <class T>
    [[nodiscard]] States<T> states(std::string_view prefix = {}) const {
        return {step_.agent, [this, under = std::string{prefix}](const auto& after) {
                    return state_page(under, after);
                }};
    }

    /// Keeps a described struct (or a number, string, list, ...) under a key.
    template <class T>
    void set_state(std::string_view key, const T& value) {
        set_state_text(key, detail::with_state_version(to_json_text(value), state_version<T>));
    }

    void erase_state(std::string_view key);

    [[nodiscard]] std::optional<std::string> state_text(std::string_view key) const;
    void set_state_text(std::string_view key, std::string json);

    /// The delivery of an event to an agent, where the agent has given up on it.
    [[nodiscard]] std::optional<DeliveryRecord> dead_letter(std::string_view agent,
                                                            const Uuid& event_id) const {
        return source_.dead_letter(agent, event_id);
    }

    /// Gives a dead letter to its agent again, once this step has succeeded. The store keeps the
    /// trace: this agent, and `why`.
    void redrive(const DeliveryRecord& dead_letter, std::string why = {});

protected:
    /// Another view of the same step, for StepContext.
    Context(const Context&) = default;

private:
    void check_declared(const EventType& type) const;
    void stamp(DomainEvent& event) const;
    void emit(std::shared_ptr<const DomainEvent> event);
    TimerHandle start_timer(Duration delay, std::shared_ptr<const DomainEvent> event);
    [[nodiscard]] StatePage state_page(std::string_view prefix,
                                       const std::optional<std::string>& after) const;

    const Step& step_;
    StepSource& source_;
    StepEffects& effects_;
};

} // namespace bus
