#pragma once

#include <bus/agent/step_context.hpp>
#include <bus/dispatch/handler_check.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

/// How Agent::on reads a handler: which context it takes, which emissions that declares, and the
/// compiler's message if it cannot be a handler.
namespace bus::detail {

/// The second parameter of a callable that has one signature; Context& if there is none.
template <class F>
struct SecondParameter {
    using Type = Context&;
};

template <class R, class First, class Second>
struct SecondParameter<R(First, Second)> {
    using Type = Second;
};

template <class R, class First, class Second>
struct SecondParameter<R(First, Second) const> {
    using Type = Second;
};

template <class R, class First, class Second>
struct SecondParameter<R(First, Second) noexcept> {
    using Type = Second;
};

template <class R, class First, class Second>
struct SecondParameter<R(First, Second) const noexcept> {
    using Type = Second;
};

template <class Signature>
struct SecondParameter<Signature*> : SecondParameter<Signature> {};

template <class Signature, class A>
struct SecondParameter<Signature A::*> : SecondParameter<Signature> {};

template <class F>
requires requires {
    &F::operator();
}

struct SecondParameter<F> : SecondParameter<decltype(&F::operator())> {};

/// Adds the types that a StepContext names to a declaration; nothing for a Context.
template <class C>
struct NamedEmissions {
    using Argument = Context;

    template <class Declaration>
    static void declare(Declaration& /*declaration*/) {}
};

template <class... Emitted>
struct NamedEmissions<StepContext<Emitted...>> {
    using Argument = StepContext<Emitted...>;

    template <class Declaration>
    static void declare(Declaration& declaration) {
        declaration.template emits<Emitted...>();
    }
};

template <class F>
using EmissionsOf = NamedEmissions<std::remove_cvref_t<typename SecondParameter<F>::Type>>;

/// The agent class of which F is a member function; void for any other callable.
template <class F>
struct MemberOf {
    using Class = void;
};

template <class Signature, class A>
struct MemberOf<Signature A::*> {
    using Class = A;
};

/// True if F can be called with a const event. A member function is called with `Self`, the agent,
/// before the event.
template <class E, class F, class... Self>
inline constexpr bool takes_step =
    std::invocable<F&, Self&..., const E&, typename EmissionsOf<F>::Argument&> ||
    std::invocable<F&, Self&..., const E&>;

template <class E, class F, class... Self>
using StepResult = typename std::conditional_t<
    std::invocable<F&, Self&..., const E&, typename EmissionsOf<F>::Argument&>,
    std::invoke_result<F&, Self&..., const E&, typename EmissionsOf<F>::Argument&>,
    std::invoke_result<F&, Self&..., const E&>>::type;

template <class E, class F, class... Self>
inline constexpr bool takes_mutable_event =
    std::invocable<F&, Self&..., E&, typename EmissionsOf<F>::Argument&> ||
    std::invocable<F&, Self&..., E&>;

template <class E, class F, class... Self>
consteval bool check_step_parameters() {
    if constexpr (takes_step<E, F, Self...>) {
        return check_handler_result<F, StepResult<E, F, Self...>>();
    } else if constexpr (takes_mutable_event<E, F, Self...>) {
        static_assert(never<F>, "libbus: a handler takes the event by const reference, since all "
                                "handlers share it: write (const E& event, bus::Context& context)");
        return false;
    } else {
        static_assert(never<F>,
                      "libbus: an agent's handler takes (const E&, bus::Context&), (const E&, "
                      "bus::StepContext<...>&) or (const E&), with the E of on<E>");
        return false;
    }
}

/// True if F can be an agent's handler for events of type E.
template <class E, class F, class Agent>
consteval bool check_step_handler() {
    using Self = typename MemberOf<F>::Class;
    if constexpr (!check_event<E>()) {
        return false;
    } else if constexpr (std::is_void_v<Self>) {
        return check_step_parameters<E, F>();
    } else if constexpr (!std::derived_from<Self, Agent>) {
        static_assert(never<F>, "libbus: on() takes a member function of the agent itself, or any "
                                "callable; this one is a member of another class");
        return false;
    } else {
        return check_step_parameters<E, F, Self>();
    }
}

/// Makes an Agent::Handle of a handler, which takes (const DomainEvent&, Context&).
template <class E, class F, class... Self>
auto step_handler(F handle, Self*... self) {
    return [handle = std::move(handle), self...](const DomainEvent& domain_event,
                                                 Context& context) mutable {
        const auto& event = static_cast<const E&>(domain_event);
        using Argument = typename EmissionsOf<F>::Argument;
        if constexpr (!std::invocable<F&, Self&..., const E&, Argument&>) {
            std::invoke(handle, *self..., event);
        } else if constexpr (std::same_as<Argument, Context>) {
            std::invoke(handle, *self..., event, context);
        } else {
            Argument typed{context};
            std::invoke(handle, *self..., event, typed);
        }
    };
}

} // namespace bus::detail
