#pragma once

#include <string>
#include <vector>

namespace bus {
class EventGraph;
}

namespace demo {

/// The languages that show_graph speaks: mermaid, dot, json.
std::vector<std::string> graph_formats();

/// The graph of the pipeline that `order_pipeline run` runs: the same agents and handlers, on a bus
/// in memory that no event ever reaches.
bus::EventGraph pipeline_graph();

/// `order_pipeline graph`: prints it in one of graph_formats(), and what it warns of on standard
/// error. Returns the exit code.
int show_graph(const std::string& format);

/// Tells on standard error what the graph warns of, as a program does when it starts.
void print_warnings(const bus::EventGraph& graph);

} // namespace demo
