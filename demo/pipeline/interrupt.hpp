#pragma once

namespace demo {

/// While it exists, SIGINT and SIGTERM ask the program to end: the first signal asks for an orderly
/// end, the second for an immediate end, and the third ends the process. A process may have only
/// one at a time.
class InterruptScope {
public:
    InterruptScope();
    InterruptScope(const InterruptScope&) = delete;
    InterruptScope& operator=(const InterruptScope&) = delete;
    ~InterruptScope();

    /// Whether a signal has come.
    static bool asked() noexcept;
    /// Whether a second signal has come.
    static bool asked_twice() noexcept;
};

} // namespace demo
