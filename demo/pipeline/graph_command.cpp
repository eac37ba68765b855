#include "demo/pipeline/graph_command.hpp"

#include "demo/pipeline/pipeline.hpp"
#include <bus/agent/graph.hpp>
#include <bus/store/memory_store.hpp>

#include <cli/terminal/text.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace demo {

namespace {

struct Format {
    std::string_view name;
    std::string (*write)(const bus::EventGraph& graph);
};

constexpr Format formats[] = {
    {"mermaid", [](const bus::EventGraph& graph) { return graph.to_mermaid(); }},
    {"dot", [](const bus::EventGraph& graph) { return graph.to_dot(); }},
    {"json", [](const bus::EventGraph& graph) { return graph.to_json(bus::JsonLayout::pretty); }},
};

} // namespace

bus::EventGraph pipeline_graph() {
    const RunOptions options; // no feeds, and everything in memory
    Marketplace marketplace{options.feeds};
    Pipeline pipeline{options, marketplace, {.store = std::make_shared<bus::MemoryStore>()}};
    pipeline.abandon_feed();
    bus::EventGraph graph = pipeline.bus().graph();
    pipeline.stop(bus::Stop::now);
    return graph;
}

std::vector<std::string> graph_formats() {
    std::vector<std::string> names;
    for (const Format& format : formats) {
        names.emplace_back(format.name);
    }
    return names;
}

int show_graph(const std::string& format) {
    const auto found = std::find_if(std::begin(formats), std::end(formats),
                                    [&](const Format& f) { return f.name == format; });
    if (found == std::end(formats)) {
        throw std::invalid_argument{"a graph cannot be drawn in the format " + format};
    }
    const bus::EventGraph graph = pipeline_graph();
    fmt::print("{}", found->write(graph));
    print_warnings(graph);
    return exit_code::ran;
}

void print_warnings(const bus::EventGraph& graph) {
    for (const std::string& warning : graph.warnings()) {
        fmt::print(stderr, "order_pipeline: warning: {}\n", bus::terminal::printable(warning));
    }
}

} // namespace demo
