#pragma once

#include <span>
#include <string_view>

/// The end of a benchmark program: its goals are ratios, since times differ by machine.
namespace bench {

/// One ratio of two benchmarks of the same run, by the wall time of an iteration.
struct Ratio {
    std::string_view over;  ///< the benchmark's whole name, `libbus/1/threads:2`
    std::string_view under; ///< what it is divided by; empty: one microsecond
    double bound;
    bool at_most; ///< else at least
};

inline constexpr Ratio at_most(std::string_view over, std::string_view under, double bound) {
    return {over, under, bound, true};
}

inline constexpr Ratio at_most_microseconds(std::string_view of, double bound) {
    return {of, {}, bound, true};
}

inline constexpr Ratio at_least(std::string_view over, std::string_view under, double bound) {
    return {over, under, bound, false};
}

/// The main() of a benchmark program: Google Benchmark's, and behind its report a table of those
/// ratios of which both sides ran. With repetitions it takes the medians. The table goes to
/// standard error where the report is not for the console, so that JSON stays JSON. 1 where a
/// benchmark ended with an error or an argument is unknown; a missed goal is in the table only,
/// for times are not the same twice.
int run_and_compare(int argc, char** argv, std::span<const Ratio> ratios);

} // namespace bench
