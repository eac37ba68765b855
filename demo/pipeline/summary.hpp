#pragma once

#include "demo/books/books.hpp"
#include "demo/pipeline/pipeline.hpp"
#include "demo/pipeline/report.hpp"

#include <cli/terminal/look.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace demo {

/// What a run reports at its end.
struct Summary {
    const Totals& totals;
    const PipelineCounts& counts;
    const bus::StopReport& stopped;
    const Books& books;
    const std::vector<std::string>& empty_feeds;
    std::chrono::nanoseconds took{0};
    bool interrupted = false;
    bool feed_ended = true;
};

/// Prints outcomes, failures by type, sums by currency, and what the run did, to standard output.
/// Returns false if the books and the store differ.
bool print_summary(const Summary& summary, const bus::terminal::Look& look);

/// Prints only the outcomes.
void print_outcomes(const Totals& totals, const bus::terminal::Look& look);

} // namespace demo
