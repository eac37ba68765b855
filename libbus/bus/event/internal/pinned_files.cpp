#include <bus/event/internal/pinned_files.hpp>
#include <bus/runtime/internal/system.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace bus::internal {

namespace {

/// A loaded file and its range of addresses.
struct Range {
    std::uintptr_t begin = UINTPTR_MAX;
    std::uintptr_t end = 0;

    [[nodiscard]] bool holds(std::uintptr_t address) const noexcept {
        return address >= begin && address < end;
    }
};

Range range_of(const LoadedFile& file) {
    Range range;
    for (const LoadedFile::Segment& segment : file.segments) {
        if (segment.holds == LoadedFile::Holds::content) {
            const auto begin = reinterpret_cast<std::uintptr_t>(segment.begin);
            range.begin = std::min(range.begin, begin);
            range.end = std::max(range.end, begin + segment.size);
        }
    }
    return range;
}

/// The files that are kept. Never destroyed, since types may be registered at any time, even late
/// in the exit of the process.
struct Kept {
    std::mutex mutex;
    std::vector<Range> files;

    static Kept& instance() {
        // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): it must outlive all static objects
        static Kept& kept = *new Kept;
        return kept;
    }

    [[nodiscard]] bool holds(std::uintptr_t address) {
        const std::lock_guard lock{mutex};
        return std::any_of(files.begin(), files.end(),
                           [address](const Range& file) { return file.holds(address); });
    }

    void add(const Range& file) {
        const std::lock_guard lock{mutex};
        files.push_back(file);
    }
};

} // namespace

void keep_loaded(const void* address) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    if (address == nullptr || Kept::instance().holds(wanted)) {
        return;
    }
    Range range;
    std::string path;
    const bool found = any_loaded_file([&](const LoadedFile& file) {
        range = range_of(file);
        path = file.path;
        return range.holds(wanted);
    });
    // If the loader does not know its name, the file cannot be closed by name either.
    if (found && (path.empty() || keep_file_loaded(path))) {
        Kept::instance().add(range);
    }
}

} // namespace bus::internal
