#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

/// The tree of commands, as what is made from it sees it.
namespace bus::cli {

/// `bus events list`.
std::string path_of(const CLI::App& command);

/// The commands right below one.
std::vector<const CLI::App*> commands_of(const CLI::App& command);

/// One option or positional argument.
struct OptionText {
    std::vector<std::string> names;  ///< `--limit`, `-h`; none for a positional
    std::string positional;          ///< `FILE`
    std::string value;               ///< `COUNT`; empty: a flag
    std::vector<std::string> values; ///< all that it may be; empty: anything
    std::string preset;              ///< what it is unless said
    std::string description;
    bool required = false;
    bool repeated = false;
};

/// Those of a command itself, without those that it takes over from the ones above.
std::vector<OptionText> options_of(const CLI::App& command);

/// A script for bash that completes the command line of `root`.
std::string bash_completion(const CLI::App& root);

/// The manual page of `root`, for man(1).
std::string manual_page(const CLI::App& root);

} // namespace bus::cli
