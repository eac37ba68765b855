#include "demo/books/errors.hpp"
#include "demo/marketplace/feed_reader.hpp"
#include "demo/marketplace/generator.hpp"
#include "demo/pipeline/graph_command.hpp"
#include "demo/pipeline/report.hpp"
#include "demo/pipeline/run_command.hpp"
#include "demo/pipeline/status_command.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <iostream>
#include <system_error>

namespace {

using demo::RunOptions;
namespace exit_code = demo::exit_code;

struct GenerateOptions {
    std::uint64_t orders = 1000;
    std::uint64_t seed = 1;
};

struct StatusOptions {
    std::string store;
    std::string order_id;
};

CLI::App& add_run(CLI::App& app, RunOptions& options) {
    CLI::App& run = *app.add_subcommand(
        "run", "Take orders from NDJSON feeds to invoices; ends when each is settled or waits");
    run.add_option("FILE", options.feeds,
                   "Order bundles, one JSON object a line; - for standard input")
        ->required();
    run.add_option("--store", options.store,
                   "Where events are kept: sqlite:PATH or memory; an existing store is continued")
        ->capture_default_str();
    run.add_option("--books", options.books,
                   "The file of the books (default: beside the store, PATH with .books.db)");
    run.add_option("--notifications", options.notifications,
                   "Where notifications are written, as NDJSON (default: beside the store)");
    run.add_option("--report", options.report, "Write a CSV row for each order");
    run.add_option("--faults", options.fault_rate,
                   "Share of calls to the books that fail, from 0 to 1, to try the retries")
        ->check(CLI::Range(0.0, 1.0));
    run.add_option("--seed", options.seed, "Selects the calls that fail")->capture_default_str();
    run.add_flag("!--no-progress", options.progress, "Show no progress line");
    return run;
}

CLI::App& add_status(CLI::App& app, StatusOptions& options) {
    CLI::App& status =
        *app.add_subcommand("status", "Show the state of a store's orders, or of one order");
    status.add_option("--store", options.store, "sqlite:PATH")->required();
    status.add_option("ORDER_ID", options.order_id, "Show this order's events as a tree of causes");
    return status;
}

CLI::App& add_generate(CLI::App& app, GenerateOptions& options) {
    CLI::App& generate = *app.add_subcommand(
        "generate", "Write a feed of invented but plausible orders, some with errors");
    generate.add_option("--orders", options.orders, "How many")->capture_default_str();
    generate.add_option("--seed", options.seed, "The same seed gives the same feed")
        ->capture_default_str();
    return generate;
}

CLI::App& add_graph(CLI::App& app, std::string& format) {
    CLI::App& graph = *app.add_subcommand(
        "graph", "Draw which agents take and emit which events; runs nothing, writes no file");
    graph.add_option("--format", format, "The language of the drawing; dot is that of Graphviz")
        ->check(CLI::IsMember{demo::graph_formats()})
        ->capture_default_str();
    return graph;
}

int generate(const GenerateOptions& options) {
    demo::generate(options.orders, options.seed, std::cout);
    return exit_code::ran;
}

int complain(const std::exception& error, int code) {
    fmt::print(stderr, "order_pipeline: {}\n", error.what());
    return code;
}

/// Flushes standard output. If that fails, the exit code must not say that all is well.
int flushed(int code) {
    std::cout.flush();
    if (std::cout && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
        return code;
    }
    fmt::print(stderr, "order_pipeline: standard output could not be written: it is incomplete\n");
    return exit_code::output;
}

/// Runs a command, and turns exceptions into a sentence and an exit code.
template <class Command>
int guarded(Command command) {
    try {
        return flushed(command());
    } catch (const demo::InputError& error) {
        return complain(error, exit_code::input);
    } catch (const demo::ReportError& error) {
        return complain(error, exit_code::output);
    } catch (const std::system_error& error) {
        // An error of standard output, or of the temporary file for the feed's lines.
        return complain(error, exit_code::output);
    } catch (const std::exception& error) {
        // An error of the store or the books, or a codec error in the store's contents.
        return complain(error, exit_code::store);
    }
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Takes marketplace orders to invoices, on libbus.", "order_pipeline"};
    app.footer(
        "Exit codes: 0 ran (orders may have failed: see the table), 2 wrong usage, 3 input "
        "cannot be read,\n4 store or books cannot be used, 5 output cannot be written, 6 books "
        "and store differ, 130 interrupted (the same command continues).");
    app.require_subcommand(1);
    RunOptions run_options;
    StatusOptions status_options;
    GenerateOptions generate_options;
    std::string graph_format = "mermaid";
    const CLI::App& run = add_run(app, run_options);
    const CLI::App& status = add_status(app, status_options);
    const CLI::App& graph = add_graph(app, graph_format);
    add_generate(app, generate_options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_code::ran : exit_code::usage;
    }
    return guarded([&] {
        if (run.parsed()) {
            return demo::run_pipeline(run_options);
        }
        if (status.parsed()) {
            return status_options.order_id.empty()
                       ? demo::show_status(status_options.store)
                       : demo::show_order(status_options.store, status_options.order_id);
        }
        if (graph.parsed()) {
            return demo::show_graph(graph_format);
        }
        return generate(generate_options);
    });
}
