#pragma once

#include <CLI/CLI.hpp>
#include <cli/console.hpp>
#include <cli/shared.hpp>

#include <string>
#include <vector>

namespace bus::cli {

/// Adds all commands to `app`. `app` and `shared` must outlive the use of the commands.
void add_commands(CLI::App& app, Shared& shared);

/// Runs the program with these arguments, without the program's name, and returns the exit code
/// (errors.hpp). It throws only in cases such as out of memory.
int run(const std::vector<std::string>& arguments, Console& console);

} // namespace bus::cli
