#pragma once

namespace demo {

/// While in scope, SIGINT and SIGTERM ask for an orderly end; a second one ends the process at
/// once, with 130. One at a time in a process.
class InterruptScope {
public:
    InterruptScope();
    InterruptScope(const InterruptScope&) = delete;
    InterruptScope& operator=(const InterruptScope&) = delete;
    ~InterruptScope();

    /// Whether a signal has come.
    static bool asked() noexcept;
};

} // namespace demo
