#include "demo/pipeline/run_command.hpp"

#include "demo/pipeline/graph_command.hpp"
#include "demo/pipeline/interrupt.hpp"
#include "demo/pipeline/pipeline.hpp"
#include "demo/pipeline/report.hpp"
#include "demo/pipeline/summary.hpp"
#include <bus/agent/graph.hpp>
#include <bus/store/store_url.hpp>

#include <cli/terminal/format.hpp>
#include <cli/terminal/look.hpp>
#include <cli/terminal/progress.hpp>
#include <fmt/core.h>

#include <chrono>
#include <cstdio>

namespace demo {

namespace {

using Clock = std::chrono::steady_clock;

/// How long commits may fail before the run gives up on the store.
constexpr std::chrono::seconds patience_with_store{5};

std::optional<ReportFile> open_report(const RunOptions& options) {
    return options.report ? std::make_optional<ReportFile>(*options.report) : std::nullopt;
}

/// One run, from the first line to the table.
class Run {
public:
    explicit Run(const RunOptions& options)
        : options_{options},
          report_{open_report(options)},
          marketplace_{options.feeds, {.interrupted = InterruptScope::asked}},
          store_{bus::open_store(options.store, {.read_only = false, .program = "order_pipeline"})},
          pipeline_{options, marketplace_, {.store = store_}},
          progress_{
              bus::terminal::write_to(stderr),
              bus::terminal::look_of(stderr),
              {.what = "orders", .total = std::nullopt, .line_every = std::chrono::nanoseconds{0}},
              began_} {
        const auto& counts = pipeline_.counts();
        before_ = counts.synced + counts.failed;
    }

    int go() {
        print_warnings(pipeline_.bus().graph());
        try {
            feed();
        } catch (...) {
            pipeline_.abandon_feed();
            throw;
        }
        settle();
        const bool settled = pipeline_.settled();
        const bus::StopReport stopped =
            pipeline_.stop(InterruptScope::asked_twice() ? bus::Stop::now : bus::Stop::drain);
        progress_.wipe();
        if (!stopped.lost.empty()) {
            throw bus::StoreLost{stopped.lost};
        }
        const auto took = Clock::now() - began_;
        const Totals totals = write_report();
        const bool interrupted = InterruptScope::asked() && !(feed_ended_ && settled);
        const bool agree = print_summary({.totals = totals,
                                          .counts = pipeline_.counts(),
                                          .stopped = stopped,
                                          .books = pipeline_.books(),
                                          .empty_feeds = marketplace_.empty_feeds(),
                                          .took = took,
                                          .interrupted = interrupted,
                                          .feed_ended = feed_ended_},
                                         bus::terminal::look_of(stdout));
        if (report_) {
            report_->close();
        }
        say_where();
        if (!input_error_.empty()) {
            fmt::print(stderr, "order_pipeline: {}\n", input_error_);
            return exit_code::input;
        }
        if (interrupted) {
            return exit_code::interrupted;
        }
        return agree ? exit_code::ran : exit_code::differ;
    }

private:
    void feed() {
        try {
            while (!InterruptScope::asked() && !feed_ended_) {
                feed_ended_ = !pipeline_.feed_next();
                draw();
            }
        } catch (const InputInterrupted&) {
            // The signal came while waiting for input. Otherwise the loop would have ended itself.
        } catch (const InputError& error) {
            // The orders read so far are completed. The exit code reports that some are missing.
            input_error_ = error.what();
        }
        pipeline_.end_feed();
        const auto& counts = pipeline_.counts();
        progress_.set_total(counts.taken);
    }

    void settle() {
        auto healthy = Clock::now();
        while (!InterruptScope::asked_twice() && !pipeline_.settled()) {
            draw();
            pipeline_.pause();
            const std::string trouble = pipeline_.trouble();
            if (trouble.empty()) {
                healthy = Clock::now();
            } else if (Clock::now() - healthy > patience_with_store) {
                throw bus::StoreError{trouble};
            }
        }
    }

    void draw() {
        const auto now = Clock::now();
        if (!options_.progress || now - drawn_ < std::chrono::milliseconds{50}) {
            return;
        }
        drawn_ = now;
        const auto& counts = pipeline_.counts();
        progress_.update(counts.synced + counts.failed - before_, now,
                         counts.failed > 0 ? fmt::format("{} failed", counts.failed.load()) : "");
    }

    Totals write_report() {
        Totals totals;
        const bool pruned = store_->first_position() > 1;
        if (pruned) {
            totals.books.emplace();
        }
        for_each_outcome(*store_, [&](const OrderOutcome& outcome) {
            totals.add(outcome);
            if (pruned && outcome.outcome == Outcome::synced) {
                if (const auto invoice = pipeline_.books().invoice_of(outcome.order_id)) {
                    totals.add(*invoice);
                }
            }
            if (report_) {
                report_->add(outcome);
            }
        });
        return totals;
    }

    void say_where() const {
        const std::string books = options_.books.value_or(default_books(options_.store));
        fmt::print("store {}, books {}{}\n", store_->description(), books,
                   options_.report ? ", report " + options_.report->string() : "");
    }

    RunOptions options_;
    Clock::time_point began_ = Clock::now();
    Clock::time_point drawn_{};
    std::optional<ReportFile> report_; ///< opened first, to fail before the work is done
    Marketplace marketplace_;
    std::shared_ptr<bus::EventStore> store_;
    Pipeline pipeline_;
    bus::terminal::Progress progress_;
    std::int64_t before_ = 0;
    bool feed_ended_ = false;
    std::string input_error_;
};

} // namespace

int run_pipeline(const RunOptions& options) {
    const InterruptScope interrupt;
    return Run{options}.go();
}

} // namespace demo
