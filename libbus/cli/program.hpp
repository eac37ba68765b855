#pragma once

#include <CLI/CLI.hpp>
#include <cli/console.hpp>
#include <cli/shared.hpp>

#include <string>
#include <vector>

namespace bus::cli {

/// Fills `app` with all commands. Both must outlive their use.
void add_commands(CLI::App& app, Shared& shared);

/// Runs the program with these arguments (its own name is not one), and returns its exit code
/// (errors.hpp). What it throws is out of memory and the like.
int run(const std::vector<std::string>& arguments, Console& console);

} // namespace bus::cli
