#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace crash {

/// A program with its arguments and its input.
struct Command {
    std::vector<std::string> words{};          ///< the program's path first
    std::optional<std::filesystem::path> in{}; ///< its standard input; none: nothing

    /// The command line for a shell.
    [[nodiscard]] std::string text() const;
};

/// How a process ended.
struct Ended {
    int exit_code = -1; ///< -N if signal N ended it

    [[nodiscard]] bool killed() const noexcept { return exit_code == -9; }
};

/// A child process. Its output is appended to the files `out` and `err` of a folder.
class Process {
public:
    /// `variables` (NAME=VALUE) are added to our own environment. Throws std::system_error.
    Process(const Command& command, const std::vector<std::string>& variables,
            const std::filesystem::path& folder);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    /// Kills the process if it still runs.
    ~Process();

    /// Waits for its end, for at most this time; none if it still runs.
    std::optional<Ended> wait_for(std::chrono::microseconds patience);
    /// Sends SIGKILL and waits for the end. The process may have ended by itself just before.
    Ended kill();

private:
    Ended reap();

    pid_t process_ = -1;
    int watch_ = -1; ///< readable once the process has ended
};

/// Runs the command to its end, and kills it if this takes longer than `patience`.
Ended run(const Command& command, const std::vector<std::string>& variables,
          const std::filesystem::path& folder, std::chrono::seconds patience);

} // namespace crash
