#pragma once

#include <bus/event/domain_event.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

/// Compile-time checks of what the bus is given. Each check is true for a right argument, and stops
/// the compiler with one sentence for a wrong one. The templates of the bus accept any type and
/// check it first, instead of requiring a concept, because `no matching function` and its notes
/// help nobody.
namespace bus::detail {

/// True if E may be published.
template <class E>
consteval bool check_published() {
    if constexpr (std::same_as<E, DomainEvent>) {
        static_assert(never<E>, "libbus: an event is published as its own type, not as "
                                "bus::DomainEvent: cast it (bus::event_cast), or make one anew");
        return false;
    } else {
        return check_described<E>();
    }
}

/// True if F, which returns R, may be a handler. Handlers return nothing.
template <class F, class R>
consteval bool check_handler_result() {
    if constexpr (std::is_void_v<R>) {
        return true;
    } else if constexpr (requires { typename std::remove_cvref_t<R>::promise_type; }) {
        static_assert(never<F>,
                      "libbus: a handler cannot be a coroutine, which would continue after "
                      "the event is gone: write a plain handler that copies what is needed "
                      "of the event and starts the coroutine with it");
        return false;
    } else {
        static_assert(never<F>, "libbus: a handler returns nothing, and what this one returns "
                                "would be lost: write one that returns void");
        return false;
    }
}

/// True if F may be called with each event of type E. If it takes the event by value, it gets a
/// copy.
template <class E, class F>
consteval bool check_handler() {
    if constexpr (!check_event<E>()) {
        return false;
    } else if constexpr (std::invocable<F&, const E&>) {
        return check_handler_result<F, std::invoke_result_t<F&, const E&>>();
    } else if constexpr (std::invocable<F&, E&> || std::invocable<F&, E>) {
        static_assert(never<F>, "libbus: a handler takes the event by const reference, since all "
                                "handlers share it: write (const E& event)");
        return false;
    } else {
        static_assert(never<F>, "libbus: this handler cannot be called with the event that it is "
                                "subscribed to: write a callable that takes (const E& event), with "
                                "the E of subscribe<E>");
        return false;
    }
}

/// A callable type that has a null value: a pointer, a std::function.
template <class F>
concept MaybeNull = std::is_pointer_v<F> || std::is_member_pointer_v<F> ||
    (std::constructible_from<F, std::nullptr_t>&& requires(const F& callable) {
        { callable == nullptr } -> std::convertible_to<bool>;
    });

template <class F>
bool is_null(const F& callable) {
    if constexpr (MaybeNull<F>) {
        return callable == nullptr;
    } else {
        return false;
    }
}

/// A member function, and a type whose objects may have one.
template <class F, class C>
concept MethodOn = std::is_member_function_pointer_v<F> && std::is_class_v<C>;

/// True if F may be called on an object of type C with each event of type E.
template <class E, class F, class C>
consteval bool check_method() {
    if constexpr (!check_event<E>()) {
        return false;
    } else if constexpr (requires(C & object, F method, const E& event) {
                             (object.*method)(event);
                         }) {
        return true;
    } else {
        static_assert(never<F>, "libbus: this member function cannot be called on that object with "
                                "the event: it is one of the object's class that takes (const E& "
                                "event), with the E of subscribe<E>");
        return false;
    }
}

[[noreturn]] void refuse_null_object();

template <class E, class F, class C>
auto method_handler(F method, C* object) {
    if (method == nullptr || object == nullptr) {
        refuse_null_object();
    }
    return [method, object](const E& event) { return (object->*method)(event); };
}

/// True if P can decide for each event of type E whether it is wanted.
template <class E, class P>
consteval bool check_filter() {
    if constexpr (!check_event<E>()) {
        return false;
    } else if constexpr (std::predicate<P&, const E&>) {
        return true;
    } else if constexpr (std::invocable<P&, const E&>) {
        static_assert(never<P>, "libbus: a filter says whether the event is wanted: it returns "
                                "bool");
        return false;
    } else if constexpr (std::invocable<P&, E&> || std::invocable<P&, E>) {
        static_assert(never<P>, "libbus: a filter takes the event by const reference, since all "
                                "handlers share it: write (const E& event)");
        return false;
    } else {
        static_assert(never<P>, "libbus: this filter cannot be called with the event: write a "
                                "callable from (const E& event) to bool, with the E of "
                                "subscribe<E>; options come after it");
        return false;
    }
}

} // namespace bus::detail
