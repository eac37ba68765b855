#pragma once

#include <cli/shared.hpp>
#include <cli/terminal/progress.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bus::cli {

/// The progress line of long work that begins now; null if progress is not shown. `what` is the
/// thing that is counted, such as `events`.
std::unique_ptr<terminal::Progress> begin_progress(Shared& shared, std::string what,
                                                   std::optional<std::uint64_t> total);
/// Updates the line: this much is done.
void show_progress(Shared& shared, terminal::Progress& progress, std::uint64_t done);

/// Runs work that does not report its progress, on a thread of its own. The progress is read from
/// the size of a file, which `done` returns. Throws what the work throws.
void run_with_progress(Shared& shared, std::string what, std::uint64_t total,
                       const std::function<void()>& work,
                       const std::function<std::uint64_t()>& done);

/// The size of a file in bytes; 0 if it does not exist.
std::uint64_t size_of(const std::string& file);

/// Shows on standard error how far long work is. On a terminal the line is redrawn in place.
/// Elsewhere, if --progress asks for it, a new line appears every two seconds. Also ends the work
/// if the user wants that.
class WorkProgress {
public:
    /// `what` is the thing that is counted, such as `events`. Watches for Ctrl-C from now on.
    WorkProgress(Shared& shared, std::string what, std::optional<std::uint64_t> total);

    /// Updates the line: this much is done. Throws Interrupted if the user wants to end.
    void update(std::uint64_t done);

private:
    Shared& shared_;
    std::unique_ptr<terminal::Progress> progress_;
};

} // namespace bus::cli
