#pragma once

namespace demo {

/// While in scope, SIGINT and SIGTERM ask for an end: a first one for an orderly end, a second one
/// for one at once; a third one ends the process. One at a time in a process.
class InterruptScope {
public:
    InterruptScope();
    InterruptScope(const InterruptScope&) = delete;
    InterruptScope& operator=(const InterruptScope&) = delete;
    ~InterruptScope();

    /// Whether a signal has come.
    static bool asked() noexcept;
    /// Whether a second one has.
    static bool asked_twice() noexcept;
};

} // namespace demo
