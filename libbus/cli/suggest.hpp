#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What somebody may have meant.
namespace bus::cli {

/// The candidate that `word` is most likely a slip of: by few changed, missing, doubled or swapped
/// letters, or as its beginning. None: nothing is near.
std::optional<std::string> closest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// `; did you mean 'biller'?`, or what there is where nothing is near: `; there are biller,
/// greeter`, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// What is wrong with arguments that `app` has refused, with what would be right. Empty: they hold
/// nothing of which that could be said.
std::string explain(const CLI::App& app, const std::vector<std::string>& arguments);

/// How the command that they name is written: `bus events show EVENT [OPTIONS]`.
std::string right_use(const CLI::App& app, const std::vector<std::string>& arguments);

} // namespace bus::cli
