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

class Watcher : public bus::Agent {
public:
    Watcher() : Agent{"watcher"} { on<shop::OrderPaidEvent>(&Watcher::watch); }

private:
    Fire watch(const shop::OrderPaidEvent& /*event*/, bus::Context& /*context*/) { co_return; }
};
