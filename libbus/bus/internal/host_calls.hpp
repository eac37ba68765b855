#pragma once

#include <atomic>
#include <cstdint>

namespace bus::internal {

/// Counts the calls that threads of the host have under way on a bus, so that the end of the
/// program can wait for them before it releases what they use. Thread safe.
class HostCalls {
public:
    HostCalls() = default;
    HostCalls(const HostCalls&) = delete;
    HostCalls& operator=(const HostCalls&) = delete;
    ~HostCalls() = default;

    /// A call that is under way while this is in scope. The scopes of a thread nest.
    class Scope {
    public:
        /// Throws as check_open() does.
        explicit Scope(HostCalls& calls);
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;
        ~Scope();

    private:
        friend class HostCalls;

        HostCalls& calls_;
        const Scope* const outer_; ///< of the same thread
    };

    /// From now on no call begins.
    void close() noexcept { closed_ = true; }

    /// Throws std::logic_error after close().
    void check_open() const;

    /// True if no thread other than this one has a call under way.
    [[nodiscard]] bool none_elsewhere() const noexcept;

private:
    std::atomic<bool> closed_{false};
    std::atomic<std::uint32_t> under_way_{0};
};

} // namespace bus::internal
