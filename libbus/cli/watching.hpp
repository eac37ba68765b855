#pragma once

#include <bus/store/verify.hpp>

#include <cli/work_progress.hpp>

#include <optional>
#include <string>

namespace bus::cli {

/// Shows the progress of work in several parts, with a line for each part. Ends the work if the
/// user wants that.
class Watching {
public:
    /// Watches for Ctrl-C from now on.
    explicit Watching(Shared& shared);

    /// Shows the progress. Throws Interrupted if the user wants to end.
    void see(const VerifyProgress& progress);

private:
    Shared& shared_;
    std::string doing_;
    std::optional<WorkProgress> line_;
};

} // namespace bus::cli
