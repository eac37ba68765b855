#pragma once

#include <cstdint>
#include <string_view>

namespace demo {

/// Decides which calls of the books fail, to show how the pipeline reacts. The decision depends
/// only on the seed, the order id, the step and the attempt. So a run with the same seed repeats
/// exactly, regardless of thread timing. Immutable, thread safe.
///
/// The hash must never change, or a seed would mean other faults. It is FNV-1a (64 bit, offset
/// 0xcbf29ce484222325, prime 0x100000001b3) over the seed as 8 bytes, then order id and step, each
/// after its length as 8 bytes, then the attempt as 4 bytes, all little endian. The result goes
/// through the finalizer of SplitMix64. Its upper 53 bits are read as a fraction of 1; the call
/// fails if the fraction is below `rate`. Another round of SplitMix64 gives a second fraction; if
/// that is below 1/3, the failure comes after the effect, otherwise before it.
class FaultPlan {
public:
    /// From this attempt on no call fails: a step of an order fails at most three times.
    static constexpr int first_safe_attempt = 4;

    /// Whether a call fails, and when.
    enum class Fault {
        none,
        before_effect, ///< refused: the books did nothing
        after_effect,  ///< the books did their work, but the answer was lost
    };

    /// A plan under which no call fails.
    FaultPlan() = default;

    /// @param rate the share of calls that fail, 0 to 1; otherwise throws std::invalid_argument
    FaultPlan(double rate, std::uint64_t seed);

    /// Whether this call fails, and when.
    /// @param attempt counts from 1; throws std::invalid_argument if it is smaller
    Fault fault(std::string_view order_id, std::string_view step, int attempt) const;

    /// Whether the books refuse this call before they do anything.
    bool refuses(std::string_view order_id, std::string_view step, int attempt) const {
        return fault(order_id, step, attempt) == Fault::before_effect;
    }

    /// Whether the books do the work of this call, but the answer is lost. This is about a third of
    /// all failures, and never together with refuses().
    bool refuses_after(std::string_view order_id, std::string_view step, int attempt) const {
        return fault(order_id, step, attempt) == Fault::after_effect;
    }

    double rate() const noexcept { return rate_; }

    std::uint64_t seed() const noexcept { return seed_; }

private:
    double rate_ = 0;
    std::uint64_t seed_ = 0;
};

} // namespace demo
