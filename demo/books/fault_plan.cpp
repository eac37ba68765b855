#include "demo/books/fault_plan.hpp"

#include <stdexcept>
#include <string>

namespace demo {

namespace {

class Fnv1a {
public:
    void add(std::uint8_t byte) noexcept {
        state_ ^= byte;
        state_ *= 0x100000001b3ULL;
    }

    void add(std::uint64_t number, int bytes) noexcept {
        for (int i = 0; i < bytes; ++i)
            add(static_cast<std::uint8_t>(number >> (8 * i)));
    }

    void add(std::string_view text) noexcept {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        add(text.size(), 8);
        for (const char c : text)
            add(static_cast<std::uint8_t>(c));
    }

    std::uint64_t value() const noexcept { return state_; }

private:
    std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

/// The finalizer of SplitMix64: for short input the upper bits of FNV-1a are poorly mixed.
std::uint64_t finish(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

double as_fraction(std::uint64_t bits) noexcept {
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

} // namespace

FaultPlan::FaultPlan(double rate, std::uint64_t seed) : rate_(rate), seed_(seed) {
    if (!(rate >= 0 && rate <= 1)) {
        throw std::invalid_argument("fault rate " + std::to_string(rate) +
                                    " is not between 0 and 1: give the share of calls that fail");
    }
}

FaultPlan::Fault FaultPlan::fault(std::string_view order_id, std::string_view step,
                                  int attempt) const {
    if (attempt < 1) {
        throw std::invalid_argument("fault plan asked for attempt " + std::to_string(attempt) +
                                    " of step " + std::string(step) + ": attempts count from 1");
    }
    if (attempt >= first_safe_attempt)
        return Fault::none;
    Fnv1a hash;
    hash.add(seed_, 8);
    hash.add(order_id);
    hash.add(step);
    hash.add(static_cast<std::uint64_t>(attempt), 4);
    const std::uint64_t first = finish(hash.value());
    if (!(as_fraction(first) < rate_))
        return Fault::none;
    const std::uint64_t second = finish(first + 0x9e3779b97f4a7c15ULL);
    return as_fraction(second) < 1.0 / 3.0 ? Fault::after_effect : Fault::before_effect;
}

} // namespace demo
