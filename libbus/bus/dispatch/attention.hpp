#pragma once

#include <atomic>
#include <cstdint>

namespace bus::detail {

/// A flag that says whether somebody may be listening. While it is down, a reporter pays only one
/// load. Each listener raises the flag; a reporter that finds no listener lowers it. A second flag
/// beside it stands for other things to mind, and stays up. Thread safe.
///
/// No listener is lost. A listener first becomes findable (for example by entering a signal), and
/// then calls listen(), which increments the count of listeners and then raises the flag. A
/// reporter that finds no listener lowers the flag only if the count is still the one that it read
/// before it looked. There are three cases:
/// - The reporter read the count after the increment. Then it also sees the listener, because it
///   reads what listen() wrote, and it leaves the flag up.
/// - It read the count before the increment, and tries to lower the flag after it. The count has
///   changed, so the flag stays up.
/// - It read the count and lowered the flag before the increment. Then the listener raises the flag
///   again.
///
/// So after listen() has returned, the flag stays up while the listener is there. (A reporter could
/// instead lower the flag, look again, and raise it if somebody has come. That would leave a gap,
/// in which an event of the listener's own thread would not be heard.)
class Attention {
public:
    /// True if neither flag is up.
    [[nodiscard]] bool none() const noexcept {
        return (bits_.load(std::memory_order_acquire) & (listened | other)) == 0;
    }

    /// Raises the second flag, permanently.
    void mind() noexcept { bits_.fetch_or(other); }

    /// To be called by a listener once it can be found.
    void listen() noexcept {
        bits_.fetch_add(one_listener);
        bits_.fetch_or(listened);
    }

    /// False: nobody listens. True: somebody may be listening.
    [[nodiscard]] bool listened_to() const noexcept {
        return (bits_.load(std::memory_order_acquire) & listened) != 0;
    }

    /// True if somebody listens. Calls `anybody`, which looks for a listener, only if the flag is
    /// up.
    template <class F>
    bool listening(F anybody) noexcept {
        std::uint64_t seen = bits_.load(std::memory_order_acquire);
        if ((seen & listened) == 0) {
            return false;
        }
        if (anybody()) {
            return true;
        }
        // If this fails, the next reporter does it.
        bits_.compare_exchange_strong(seen, seen & ~listened);
        return false;
    }

private:
    static constexpr std::uint64_t listened = 1;
    static constexpr std::uint64_t other = 2;
    /// This and the bits above count the listeners.
    static constexpr std::uint64_t one_listener = 4;

    std::atomic<std::uint64_t> bits_{0};
};

} // namespace bus::detail
