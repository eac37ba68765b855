#pragma once

#include <string>
#include <vector>

namespace bus {
class EventGraph;
}

namespace demo {

/// The formats that show_graph supports: mermaid, dot, json.
std::vector<std::string> graph_formats();

/// The graph of the pipeline that `order_pipeline run` runs. It is made from the same agents and
/// handlers, on a bus in memory on which nothing is published.
bus::EventGraph pipeline_graph();

/// `order_pipeline graph`: prints the graph in one of graph_formats(), and its warnings on standard
/// error. Returns the exit code.
int show_graph(const std::string& format);

/// Prints the warnings of the graph on standard error, as a program does when it starts.
void print_warnings(const bus::EventGraph& graph);

} // namespace demo
