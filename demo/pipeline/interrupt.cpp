#include "demo/pipeline/interrupt.hpp"

#include "demo/pipeline/run_command.hpp"

#include <unistd.h>

#include <csignal>

namespace demo {

namespace {

volatile std::sig_atomic_t signals = 0;

extern "C" void on_signal(int /*signal*/) {
    if (signals > 1) {
        _exit(exit_code::interrupted);
    }
    signals = signals + 1;
}

void handle_with(void (*handler)(int)) {
    struct sigaction action {};

    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGINT, SIGTERM}) {
        sigaction(signal, &action, nullptr);
    }
}

} // namespace

InterruptScope::InterruptScope() {
    signals = 0;
    handle_with(on_signal);
}

InterruptScope::~InterruptScope() {
    handle_with(SIG_DFL);
}

bool InterruptScope::asked() noexcept {
    return signals > 0;
}

bool InterruptScope::asked_twice() noexcept {
    return signals > 1;
}

} // namespace demo
