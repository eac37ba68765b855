#pragma once

#include <bus/agent/context.hpp>

#include <concepts>

namespace bus {

/// A Context that names the types that the handler may publish. Publishing another type does not
/// compile. The declaration is taken from the handler's signature, so the two cannot differ:
///
///     Greeter() : Agent{"greeter"} { on<UserCreatedEvent>(&Greeter::greet); }
///
///     void greet(const UserCreatedEvent& event, bus::StepContext<GreetingSentEvent>& context) {
///         context.publish(GreetingSentEvent{{}, event.user_name});
///     }
///
/// It can be passed to a function that takes a Context&. What that function publishes is checked at
/// run time, as with any Context.
template <class... Emitted>
class StepContext : public Context {
public:
    /// Views the same step as `context`. The bus makes it for the handler.
    explicit StepContext(const Context& context) : Context{context} {}

    /// Emits an event, as Context::publish does.
    template <class E>
    void publish(E event) {
        constexpr bool named = (std::same_as<E, Emitted> || ...);
        static_assert(named, "libbus: this handler publishes an event that it does not declare: "
                             "name its type in the handler's bus::StepContext<...>");
        if constexpr (named) {
            Context::publish(std::move(event));
        }
    }

    /// Publishes an event later, as Context::schedule does.
    template <class E>
    TimerHandle schedule(Duration delay, E event) {
        constexpr bool named = (std::same_as<E, Emitted> || ...);
        static_assert(named, "libbus: this handler schedules an event that it does not declare: "
                             "name its type in the handler's bus::StepContext<...>");
        if constexpr (named) {
            return Context::schedule(delay, std::move(event));
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
};

} // namespace bus
