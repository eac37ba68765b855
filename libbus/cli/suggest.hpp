#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Guesses what the user meant by a wrong argument.
namespace bus::cli {

/// The candidate that the user most likely meant by `word`: it differs in only a few changed,
/// missing, doubled or swapped letters, or begins with `word`. None if no candidate is close.
std::optional<std::string> closest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// `; did you mean 'biller'?`. If no candidate is close, a list of all of them, such as
/// `; there are biller, greeter`, or an empty text if there are none or more than 12.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// What is wrong with arguments that `app` has refused, and what would be right. Empty if this
/// function finds nothing wrong.
std::string explain(const CLI::App& app, const std::vector<std::string>& arguments);

/// The usage line of the command in `arguments`, such as `bus events show EVENT [OPTIONS]`.
std::string right_use(const CLI::App& app, const std::vector<std::string>& arguments);

} // namespace bus::cli
