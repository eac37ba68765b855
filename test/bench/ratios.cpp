#include "test/bench/ratios.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {

namespace {

/// Passes everything on to Google Benchmark's reporter, and notes the wall times.
class NotingReporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context& context) override { return own_.ReportContext(context); }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.error_occurred) {
                failed_ = true;
                continue;
            }
            const double seconds =
                run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
            if (run.run_type == Run::RT_Iteration) {
                measured_[run.run_name.str()].push_back(seconds);
            } else if (run.aggregate_name == "median") {
                medians_[run.run_name.str()] = seconds;
            }
        }
        own_.ReportRuns(runs);
    }

    void Finalize() override { own_.Finalize(); }

    /// Whether a benchmark reported an error.
    [[nodiscard]] bool failed() const { return failed_; }

    /// The median of the measured times, in seconds; none if it did not run.
    [[nodiscard]] std::optional<double> seconds(std::string_view name) const {
        // If only aggregates are displayed, single runs are not reported here.
        if (const auto median = medians_.find(name); median != medians_.end()) {
            return median->second;
        }
        const auto found = measured_.find(name);
        if (found == measured_.end()) {
            return std::nullopt;
        }
        std::vector<double> times = found->second;
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::nth_element(times.begin(), middle, times.end());
        return *middle;
    }

private:
    benchmark::BenchmarkReporter& own_ = *benchmark::CreateDefaultDisplayReporter();
    std::map<std::string, std::vector<double>, std::less<>> measured_;
    std::map<std::string, double, std::less<>> medians_;
    bool failed_ = false;
};

void print(std::FILE* out, std::span<const Ratio> ratios, const NotingReporter& reporter) {
    std::size_t width = 0;
    for (const Ratio& ratio : ratios) {
        width = std::max(width, ratio.over.size() + ratio.under.size() + 4);
    }
    bool titled = false;
    for (const Ratio& ratio : ratios) {
        const auto over = reporter.seconds(ratio.over);
        const bool absolute = ratio.under.empty();
        const auto under = absolute ? std::optional{1e-6} : reporter.seconds(ratio.under);
        if (!over || !under || *under == 0) {
            continue;
        }
        if (!titled) {
            std::fprintf(out, "\nWall time an event\n%-*s %9s   goal\n", static_cast<int>(width),
                         "", "ratio");
            titled = true;
        }
        const double value = *over / *under;
        const bool met = ratio.at_most ? value <= ratio.bound : value >= ratio.bound;
        const std::string name = std::string{ratio.over} +
                                 (absolute ? ", microseconds" : " to " + std::string{ratio.under});
        std::fprintf(out, "%-*s %9.2f   %s %g%s\n", static_cast<int>(width), name.c_str(), value,
                     ratio.at_most ? "at most" : "at least", ratio.bound, met ? "" : "   MISSED");
    }
}

bool for_the_console(int argc, char** argv) {
    constexpr std::string_view option = "--benchmark_format=";
    std::string_view format = "console";
    for (const std::string_view argument :
         std::span{argv, static_cast<std::size_t>(argc)}.subspan(1)) {
        if (argument.starts_with(option)) {
            format = argument.substr(option.size());
        }
    }
    return format == "console";
}

} // namespace

int run_and_compare(int argc, char** argv, std::span<const Ratio> ratios) {
    std::FILE* const out = for_the_console(argc, argv) ? stdout : stderr;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    NotingReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    std::fflush(stdout);
    print(out, ratios, reporter);
    benchmark::Shutdown();
    return reporter.failed() ? 1 : 0;
}

} // namespace bench
