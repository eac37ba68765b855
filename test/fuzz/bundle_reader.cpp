// Any bytes as a line of a feed: they are read, extracted and validated safely, and always
// classified.

#include "demo/marketplace/bundle_reader.hpp"

#include "demo/marketplace/financials.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort(); // the fuzzer keeps the input
}

void check(const demo::Bundle& bundle) {
    if (bundle.is_rejected())
        require(bundle.order_id.empty() && bundle.entries.empty() && bundle.items.empty());
    require(bundle.order_id.size() <= demo::max_order_id_size);
    require(bundle.entries.size() <= demo::max_bundle_elements);
    for (const auto& entry : bundle.entries)
        require(!entry.amount_path().empty() && !entry.currency_path().empty());
    try {
        const auto financials = demo::extract_financials(bundle);
        if (!financials)
            return;
        demo::Decimal sum;
        for (const auto& line : financials->lines)
            sum += line.amount;
        require(sum == financials->net);
        demo::validate(bundle, *financials);
    } catch (const demo::OrderProblem& problem) {
        require(!problem.error_type().empty());
        require(std::string_view(problem.what()).starts_with(problem.path()));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto bundle = demo::read_bundle(line);
    check(bundle);
    return 0;
}
