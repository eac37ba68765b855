#include <agents/retry/retry_options.hpp>
#include <bus/agent/retry_policy.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

namespace bus::agents {

namespace {

/// A hash of 64 bits (FNV-1a), mixed once more with the finalizer of SplitMix64. With FNV alone the
/// upper bits of short keys would be similar.
class StableBits {
public:
    void add(std::uint8_t byte) noexcept {
        bits_ ^= byte;
        bits_ *= 0x100000001b3U;
    }

    [[nodiscard]] std::uint64_t mixed() const noexcept {
        std::uint64_t z = bits_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

private:
    std::uint64_t bits_ = 0xcbf29ce484222325U;
};

} // namespace

Duration RetryOptions::backoff(std::uint32_t round, std::string_view agent,
                               const Uuid& event_id) const noexcept {
    StableBits bits;
    for (const char c : agent) {
        bits.add(static_cast<std::uint8_t>(c));
    }
    for (const std::uint8_t byte : event_id.data) {
        bits.add(byte);
    }
    for (unsigned shift = 0; shift < 32; shift += 8) {
        bits.add(static_cast<std::uint8_t>(round >> shift));
    }
    const RetryPolicy same{.initial_delay = initial_backoff,
                           .factor = factor,
                           .max_delay = max_backoff,
                           .jitter = jitter}; // the same formula; only u is computed differently
    return same.delay(round, bits.mixed());
}

void RetryOptions::check() const {
    const auto require = [](bool holds, const char* what) {
        if (!holds) {
            throw std::invalid_argument{std::string{"retry options: "} + what};
        }
    };
    require(initial_backoff >= Duration::zero(), "initial_backoff must not be negative");
    require(factor >= 1.0 && std::isfinite(factor), "factor must be at least 1, and finite");
    require(max_backoff >= initial_backoff, "max_backoff must not be below initial_backoff");
    require(jitter >= 0.0 && jitter <= 1.0, "jitter must be between 0 and 1");
}

} // namespace bus::agents
