#pragma once

#include <cstdint>
#include <string_view>

namespace demo {

/// Which calls of the books fail, for trying out what the pipeline does then. The answer depends
/// on nothing but (seed, order id, step, attempt), so that a run with a seed repeats exactly,
/// whatever the threads do. Immutable, thread safe.
///
/// The hash is fixed, part of the meaning of a seed: FNV-1a (64 bit, offset 0xcbf29ce484222325,
/// prime 0x100000001b3) over the seed as 8 bytes, then order id and step, each after its length as
/// 8 bytes, then the attempt as 4 bytes, all little endian; then the finalizer of SplitMix64. Its
/// upper 53 bits, as a fraction of 1, lie below `rate` where the call fails; a further SplitMix64
/// round decides by the same way, with 1/3, whether the failure comes before or after the effect.
class FaultPlan {
public:
    /// From this attempt on nothing fails any more: at most three failures for one step of one
    /// order.
    static constexpr int first_safe_attempt = 4;

    /// Where the failure hits.
    enum class Fault {
        none,
        before_effect, ///< refused: the books did nothing
        after_effect,  ///< the books did their work, and the answer was lost
    };

    /// Nothing ever fails.
    FaultPlan() = default;

    /// @param rate the share of calls that fail, 0 to 1; throws std::invalid_argument beyond
    FaultPlan(double rate, std::uint64_t seed);

    /// What happens to this call.
    /// @param attempt counts from 1; throws std::invalid_argument below
    Fault fault(std::string_view order_id, std::string_view step, int attempt) const;

    /// Whether the books refuse this call before they do anything.
    bool refuses(std::string_view order_id, std::string_view step, int attempt) const {
        return fault(order_id, step, attempt) == Fault::before_effect;
    }

    /// Whether the books do the work of this call and the answer is lost. About a third of all
    /// failures; never together with refuses().
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
