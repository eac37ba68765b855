#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

/// The tree of commands, and what is generated from it: completion and the manual page.
namespace bus::cli {

/// The full name of a command, such as `bus events list`.
std::string path_of(const CLI::App& command);

/// The commands directly below a command.
std::vector<const CLI::App*> commands_of(const CLI::App& command);

/// One option or positional argument.
struct OptionText {
    std::vector<std::string> names;  ///< such as `--limit`, `-h`; none for a positional argument
    std::string positional;          ///< such as `FILE`; empty for an option
    std::string value;               ///< such as `COUNT`; empty: a flag
    std::vector<std::string> values; ///< all values that are accepted; empty: any
    std::string preset;              ///< the default
    std::string description;
    bool required = false;
    bool repeated = false;
};

/// The options of the command itself, without those that it inherits from the commands above it.
std::vector<OptionText> options_of(const CLI::App& command);

/// A script that lets bash complete the command line of `root`.
std::string bash_completion(const CLI::App& root);

/// The manual page of `root`, for man(1).
std::string manual_page(const CLI::App& root);

} // namespace bus::cli
