#pragma once

#include <bus/store/verify.hpp>

#include <cli/work_progress.hpp>

#include <optional>
#include <string>

namespace bus::cli {

/// How far a work of several parts is, a line for each part. Ends it where the user wants that.
class Watching {
public:
    /// Watches for Ctrl-C from now on.
    explicit Watching(Shared& shared);

    /// Throws Interrupted.
    void see(const VerifyProgress& progress);

private:
    Shared& shared_;
    std::string doing_;
    std::optional<WorkProgress> line_;
};

} // namespace bus::cli
