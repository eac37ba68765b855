#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace demo {

/// The options of `order_pipeline run`.
struct RunOptions {
    std::vector<std::string> feeds{};           ///< paths, or `-`
    std::string store = "memory";               ///< `memory` or `sqlite:PATH`
    std::optional<std::string> books{};         ///< none: default_books()
    std::optional<std::string> notifications{}; ///< none: default_notifications()
    std::optional<std::filesystem::path> report{};
    double fault_rate = 0;
    std::uint64_t seed = 1;
    bool progress = true;
};

/// Exit codes of order_pipeline.
namespace exit_code {
inline constexpr int ran = 0;
inline constexpr int usage = 2;
inline constexpr int input = 3;
inline constexpr int store = 4;
inline constexpr int output = 5;
inline constexpr int differ = 6;
inline constexpr int interrupted = 130;
} // namespace exit_code

/// Runs the pipeline over the feeds until every order is settled or waiting; returns the exit
/// code. Throws InputError, bus::StoreError, BooksError, ReportError.
int run_pipeline(const RunOptions& options);

} // namespace demo
