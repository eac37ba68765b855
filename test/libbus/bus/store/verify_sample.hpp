#pragma once

#include "test/libbus/bus/store/troubles.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/store/verify.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace test {

/// Makes a store by a run of a bus with agents. It has rows of every kind: deferred, dead and
/// parked deliveries, a discarded one, ranges ahead of a checkpoint, state, timers, requests,
/// causes. `earlier`: the path for a copy of the store from before the last commits.
void make_sample(const std::filesystem::path& db, const std::filesystem::path& earlier = {});

/// A sample, and copies of it to be damaged.
class Sample {
public:
    Sample() { make_sample(path(), earlier()); }

    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "sample.db"; }

    [[nodiscard]] std::filesystem::path earlier() const { return folder_.path() / "earlier.db"; }

    /// A fresh copy; it replaces the one before.
    [[nodiscard]] std::filesystem::path copy() const {
        const std::filesystem::path to = folder_.path() / "copy.db";
        for (const char* end : {"", "-wal", "-shm"}) {
            std::filesystem::remove(std::filesystem::path{to}.concat(end));
        }
        std::filesystem::copy_file(path(), to);
        return to;
    }

private:
    TempFolder folder_;
};

inline std::string bytes(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// The findings in lines, for messages.
inline std::string told(const bus::VerifyReport& report) {
    std::string text;
    for (const bus::Finding& finding : report.findings) {
        text += "\n  " + std::string{bus::name_of(finding.kind)} + (finding.note ? " (note)" : "") +
                ": " + finding.what;
    }
    return text;
}

inline bool has(const bus::VerifyReport& report, bus::FindingKind kind) {
    return report.damage.contains(kind);
}

} // namespace test
