#pragma once

#include <bus/agent/read_state.hpp>
#include <bus/agent/timer_handle.hpp>
#include <bus/dispatch/handler_check.hpp>
#include <bus/event/domain_event.hpp>
#include <bus/runtime/delay.hpp>
#include <bus/store/records.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bus {

class StepSource;
struct StepEffects;

/// What a step may do. Everything it does here takes effect together when the step succeeds, or not
/// at all. A context belongs to its step: do not keep it, and do not use it on another thread.
class Context {
public:
    /// The delivery that the step handles, and what its handler may emit.
    struct Step {
        const std::string& agent;                      ///< the agent's name
        const DomainEvent& event;                      ///< the event being handled
        Position position = 0;                         ///< 0 without a store
        std::uint32_t attempt = 1;                     ///< 1 for the first attempt
        std::uint32_t redrives = 0;                    ///< how often the delivery was redriven
        bool replay = false;                           ///< see replaying()
        const std::vector<const EventType*>& may_emit; ///< the types that the handler has declared
    };

    /// For the bus. The context reads from `source`, and puts what the step does into `effects`.
    Context(const Step& step, StepSource& source, StepEffects& effects)
        : step_{step}, source_{source}, effects_{effects} {}

    Context& operator=(const Context&) = delete;
    ~Context() = default;

    /// Emits an event, which is published when the step has succeeded. The execution, the user and
    /// the cause are set from the handled event, except those that the caller has set. Throws
    /// std::logic_error if the handler has not declared the type; with a StepContext such a call
    /// does not compile.
    template <class E>
    void publish(E event) {
        if constexpr (detail::check_published<E>()) {
            check_declared(event_type<E>());
            stamp(event);
            emit(std::make_shared<const E>(std::move(event)));
        }
    }

    /// Publishes an event later, as if this step emitted it then, with the handled event as its
    /// cause. The delay, in microseconds, counts from the success of the step; if it is zero or
    /// negative, the event is published at once. If the step fails, no timer is set. Timers fire in
    /// the order of their due times; if these are equal, in the order of scheduling.
    ///
    /// On a store a timer is committed with the step and survives the program: if it came due while
    /// the program was not running, it fires when the program runs again. Without a store timers
    /// live in memory, and stopping the bus drops them.
    ///
    /// The returned handle may be kept, for example in the state, and used in a later step of this
    /// agent. Throws std::logic_error if the handler has not declared the type.
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

    /// The same for a delay such as `1.5s`, rounded up to whole microseconds. Throws
    /// std::invalid_argument if the delay is not a number (NaN).
    template <class Rep, class Period, class E>

    requires(!std::convertible_to<std::chrono::duration<Rep, Period>, Duration>) TimerHandle
        schedule(std::chrono::duration<Rep, Period> delay, E event) {
        return schedule(detail::delay_of(delay), std::move(event));
    }

    /// Cancels a timer of this agent when the step succeeds; after that the timer never fires.
    /// Harmless if the timer has fired or was cancelled before.
    void cancel(TimerHandle timer);

    /// The event being handled.
    [[nodiscard]] const DomainEvent& event() const noexcept { return step_.event; }

    /// The event's position in the log; 0 without a store.
    [[nodiscard]] Position position() const noexcept { return step_.position; }

    /// The number of this attempt of the delivery: 1 for the first, and one more after each failed
    /// attempt. Attempts before a redrive count too. Successive not_ready attempts count as one.
    [[nodiscard]] std::uint32_t attempt() const noexcept { return step_.attempt; }

    /// How often the delivery was redriven.
    [[nodiscard]] std::uint32_t redrives() const noexcept { return step_.redrives; }

    /// True if the event is handled again only to build the agent's own state. Then everything that
    /// the step emits, schedules, cancels and redrives is dropped, because it took effect when the
    /// event was handled before. The handler itself must leave out effects outside the bus, such as
    /// a mail or a payment.
    [[nodiscard]] bool replaying() const noexcept { return step_.replay; }

    /// The time of the runtime's wall clock: UTC, microseconds.
    [[nodiscard]] Timestamp now() const;

    /// 64 random bits from the runtime. Not for cryptography.
    [[nodiscard]] std::uint64_t random() const;

    /// Returns a key for an effect outside the bus, such as a payment: the other side recognises a
    /// repeat by it. The key is the same in every attempt of this step, and different for any other
    /// step or `purpose`.
    [[nodiscard]] std::string idempotency_key(std::string_view purpose) const;

    /// Returns what the agent keeps under a key, including what this step has written; none if
    /// there is nothing. Upcasters convert a state of an earlier state_version. Throws CodecError
    /// if the state is not a T, or is of a newer version; the message names the agent, the key and
    /// the type. Throws StoreError if the store cannot be read.
    template <class T>
    [[nodiscard]] std::optional<T> state(std::string_view key) const {
        return detail::state_from_text<T>(step_.agent, key, state_text(key));
    }

    /// Returns all states under keys that begin with `prefix`, ordered by key. States that this
    /// step has set are included; states that it has erased are not. The step may set and erase
    /// states while it walks over them. The walk reads the states in pages, and shows such a change
    /// if its key is on a later page. See States.
    template <class T>
    [[nodiscard]] States<T> states(std::string_view prefix = {}) const {
        return {step_.agent, [this, under = std::string{prefix}](const auto& after) {
                    return state_page(under, after);
                }};
    }

    /// Sets the state under a key: a described struct, a number, a string, a list, ... Throws
    /// CodecError if the key, or a text in the value, is not UTF-8.
    template <class T>
    void set_state(std::string_view key, const T& value) {
        set_state_text(key, detail::with_state_version(to_json_text(value), state_version<T>));
    }

    /// Erases the state under a key; harmless if there is none.
    void erase_state(std::string_view key);

    /// The JSON text of a state; none if nothing is kept under the key.
    [[nodiscard]] std::optional<std::string> state_text(std::string_view key) const;
    /// Sets the JSON text of a state. Throws CodecError if the key is not UTF-8.
    void set_state_text(std::string_view key, std::string json);

    /// Returns the delivery of an event to an agent if it is a dead letter; none if it is not, and
    /// without a store.
    [[nodiscard]] std::optional<DeliveryRecord> dead_letter(std::string_view agent,
                                                            const Uuid& event_id) const;

    /// Redrives a dead letter when this step succeeds. The store records this agent and `why`.
    /// Throws CodecError if `why` is not UTF-8.
    void redrive(const DeliveryRecord& dead_letter, std::string why = {});

protected:
    /// Makes another view of the same step, for StepContext.
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
