#pragma once

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

namespace bus::cli {

/// `bus completion bash` and `bus man`, both generated from the tree of commands.
void add_completion(CLI::App& app, Shared& shared);

} // namespace bus::cli
