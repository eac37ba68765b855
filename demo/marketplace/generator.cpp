#include "demo/marketplace/generator.hpp"

#include "demo/marketplace/generated_order.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>
#include <string>

namespace demo {
namespace {

/// A fault with its rate in ten thousand, and the counter for it.
struct FaultKind {
    GeneratedFault fault;
    std::uint64_t FeedFaults::*member;
};

constexpr std::array fault_kinds = {
    FaultKind{GeneratedFault::broken_line, &FeedFaults::broken_lines},
    FaultKind{GeneratedFault::missing_member, &FeedFaults::missing_members},
    FaultKind{GeneratedFault::invalid_amount, &FeedFaults::invalid_amounts},
    FaultKind{GeneratedFault::mixed_currencies, &FeedFaults::mixed_currencies},
    FaultKind{GeneratedFault::no_financials, &FeedFaults::no_financials},
    FaultKind{GeneratedFault::total_mismatch, &FeedFaults::total_mismatches},
    FaultKind{GeneratedFault::price_mismatch, &FeedFaults::price_mismatches},
};

void check(const FeedFaults& rates) {
    std::uint64_t sum = 0;
    for (const auto& kind : fault_kinds)
        sum += rates.*kind.member;
    if (sum > 10'000)
        throw std::invalid_argument("the fault rates of a feed sum to more than 10,000");
}

/// Draws which fault an order has, and counts it.
GeneratedFault draw_fault(PortableRandom& random, const FeedFaults& rates, FeedFaults& counts) {
    std::uint64_t drawn = random.below(10'000);
    for (const auto& kind : fault_kinds) {
        const std::uint64_t rate = rates.*kind.member;
        if (drawn < rate) {
            ++(counts.*kind.member);
            return kind.fault;
        }
        drawn -= rate;
    }
    return GeneratedFault::none;
}

} // namespace

GeneratedFeed generate(std::uint64_t orders, std::uint64_t seed, std::ostream& out,
                       const FeedFaults& fault_rates) {
    check(fault_rates);
    PortableRandom random(seed);
    GeneratedFeed feed;
    // Lines that can be repeated. A broken line has no id, so a repeat would be another order.
    std::array<std::string, 16> recent;
    std::uint64_t repeatable = 0;
    std::int64_t now = 1'735'689'600; // the feed begins at 2025-01-01
    for (; feed.orders < orders; ++feed.orders, ++feed.lines) {
        if (repeatable != 0 && random.chance(fault_rates.duplicates)) {
            out << recent[random.below(std::min<std::uint64_t>(repeatable, recent.size()))];
            ++feed.faults.duplicates;
            ++feed.lines;
        }
        now += random.between(1, 1'800);
        GeneratedOrder order = make_order(random, feed.orders, now);
        order.fault = draw_fault(random, fault_rates, feed.faults);
        order.fault_variant = random.below(1'000);
        feed.refunds += order.refund ? 1 : 0;
        const std::string line = write_order(order) + '\n';
        if (order.fault != GeneratedFault::broken_line &&
            order.fault != GeneratedFault::missing_member)
            recent[repeatable++ % recent.size()] = line;
        out << line;
        if (!out)
            throw std::runtime_error("the feed could not be written after line " +
                                     std::to_string(feed.lines) + "; is there room on the disk?");
    }
    out.flush();
    if (!out)
        throw std::runtime_error("the feed could not be written to its end; is there room on the "
                                 "disk?");
    return feed;
}

} // namespace demo
