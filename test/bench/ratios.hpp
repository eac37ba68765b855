#pragma once

#include <span>
#include <string_view>

/// The end of a benchmark program. Its goals are ratios, because times differ between machines.
namespace bench {

/// One ratio of two benchmarks of the same run, by the wall time of an iteration.
struct Ratio {
    std::string_view over;  ///< the benchmark's whole name, `libbus/1/threads:2`
    std::string_view under; ///< what it is divided by; empty: one microsecond
    double bound;
    bool at_most; ///< otherwise at least
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

/// The main() of a benchmark program: that of Google Benchmark, and after its report a table of the
/// ratios of which both sides ran. With repetitions, it uses the medians. If the report is not for
/// the console, the table goes to standard error, so that JSON stays JSON. Returns 1 if a benchmark
/// ended with an error or an argument is unknown. A missed goal is shown only in the table, because
/// times vary.
int run_and_compare(int argc, char** argv, std::span<const Ratio> ratios);

} // namespace bench
