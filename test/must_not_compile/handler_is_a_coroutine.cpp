// expect: libbus: a handler cannot be a coroutine
#include "events.hpp"

#include <coroutine>

struct Fire {
    struct promise_type {
        Fire get_return_object() { return {}; }

        std::suspend_never initial_suspend() noexcept { return {}; }

        std::suspend_never final_suspend() noexcept { return {}; }

        void return_void() {}

        void unhandled_exception() {}
    };
};

int main() {
    bus::Bus bus;
    const auto handler =
        bus.subscribe<shop::OrderPaidEvent>([](const shop::OrderPaidEvent&) -> Fire { co_return; });
}
