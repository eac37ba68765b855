#pragma once

#include <cli/shared.hpp>
#include <cli/terminal/progress.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace bus::cli {

/// The line of a long work, begun now; null where nobody wants to see one. `what` is counted.
std::unique_ptr<terminal::Progress> begin_progress(Shared& shared, std::string what,
                                                   std::optional<std::uint64_t> total);
/// So much is done.
void show_progress(Shared& shared, terminal::Progress& progress, std::uint64_t done);

/// Does a work that says nothing of how far it is, on a thread of its own; a file shows it, whose
/// size `done` returns. Throws what the work throws.
void run_with_progress(Shared& shared, std::string what, std::uint64_t total,
                       const std::function<void()>& work,
                       const std::function<std::uint64_t()>& done);

/// Of a file; 0: there is none.
std::uint64_t size_of(const std::string& file);

/// How far a long work is, on standard error: redrawn in place on a terminal, a line every other
/// second elsewhere where --progress asks for it. It also ends the work where the user wants that.
class WorkProgress {
public:
    /// `what` is counted: `events`. Watches for Ctrl-C from now on.
    WorkProgress(Shared& shared, std::string what, std::optional<std::uint64_t> total);

    /// So much is done. Throws Interrupted.
    void update(std::uint64_t done);

private:
    Shared& shared_;
    std::unique_ptr<terminal::Progress> progress_;
};

} // namespace bus::cli
