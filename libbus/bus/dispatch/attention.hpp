#pragma once

#include <atomic>
#include <cstdint>

namespace bus::detail {

/// A flag that somebody may be listening, which costs who has something to tell one load while
/// nobody does. It goes up with each listener; a telling that finds nobody takes it down. A second
/// flag beside it is for other cares and stays up. Thread safe.
///
/// No listener is lost. A listener enters himself (say, into a signal) and then calls listen(),
/// which adds to the count of listeners and then raises the flag. Who finds nobody takes the flag
/// down only where that count is the one that he read before he looked. So where he read it
/// - after the listener added to it, he sees the listener, for he reads what listen() wrote, and
///   leaves the flag up;
/// - before, and takes the flag down after, it has changed, and he leaves the flag up;
/// - before, and takes the flag down before, the listener raises it afterwards.
/// Hence from the return of listen() on the flag stays up while the listener is there. (To take it
/// down, look again, and raise it where somebody has come would leave a gap, in which an event of
/// the listener's own thread goes by unheard.)
class Attention {
public:
    /// True where there is nothing to mind.
    [[nodiscard]] bool none() const noexcept {
        return (bits_.load(std::memory_order_acquire) & (listened | other)) == 0;
    }

    /// From now on, and for ever, there is something else to mind.
    void mind() noexcept { bits_.fetch_or(other); }

    /// To be called by a listener once he can be found.
    void listen() noexcept {
        bits_.fetch_add(one_listener);
        bits_.fetch_or(listened);
    }

    /// False: nobody listens. True: somebody may.
    [[nodiscard]] bool listened_to() const noexcept {
        return (bits_.load(std::memory_order_acquire) & listened) != 0;
    }

    /// True where somebody listens. Asks `anybody`, which looks for one, only where the flag is up.
    template <class F>
    bool listening(F anybody) noexcept {
        std::uint64_t seen = bits_.load(std::memory_order_acquire);
        if ((seen & listened) == 0) {
            return false;
        }
        if (anybody()) {
            return true;
        }
        bits_.compare_exchange_strong(seen, seen & ~listened); // else: the next one does it
        return false;
    }

private:
    static constexpr std::uint64_t listened = 1;
    static constexpr std::uint64_t other = 2;
    static constexpr std::uint64_t one_listener = 4; ///< and the bits above count them

    std::atomic<std::uint64_t> bits_{0};
};

} // namespace bus::detail
