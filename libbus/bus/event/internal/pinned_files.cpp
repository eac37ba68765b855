#include <bus/event/internal/pinned_files.hpp>

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace bus::internal {

namespace {

/// A loaded file and its range of addresses.
struct LoadedFile {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string path{}; ///< empty: the program itself

    [[nodiscard]] bool holds(std::uintptr_t address) const noexcept {
        return address >= begin && address < end;
    }
};

struct Search {
    std::uintptr_t address = 0;
    LoadedFile found{};
};

/// Called by dl_iterate_phdr for each file. Returns 1, which ends the search, if the file contains
/// the address.
int search_in(dl_phdr_info* file, std::size_t /*size*/, void* data) {
    Search& search = *static_cast<Search*>(data);
    LoadedFile loaded{.begin = UINTPTR_MAX};
    for (std::size_t i = 0; i < file->dlpi_phnum; ++i) {
        const auto& segment = file->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD) {
            const std::uintptr_t begin = file->dlpi_addr + segment.p_vaddr;
            loaded.begin = std::min(loaded.begin, begin);
            loaded.end = std::max(loaded.end, begin + segment.p_memsz);
        }
    }
    if (!loaded.holds(search.address)) {
        return 0;
    }
    loaded.path = file->dlpi_name;
    search.found = std::move(loaded);
    return 1;
}

/// The files that are kept. Never destroyed, since types may be registered at any time, even late
/// in the exit of the process.
struct Kept {
    std::mutex mutex;
    std::vector<LoadedFile> files;

    static Kept& instance() {
        // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): it must outlive all static objects
        static Kept& kept = *new Kept;
        return kept;
    }

    [[nodiscard]] bool holds(std::uintptr_t address) {
        const std::lock_guard lock{mutex};
        return std::any_of(files.begin(), files.end(),
                           [address](const LoadedFile& file) { return file.holds(address); });
    }

    void add(LoadedFile file) {
        const std::lock_guard lock{mutex};
        files.push_back(std::move(file));
    }
};

} // namespace

void keep_loaded(const void* address) {
    Search search{.address = reinterpret_cast<std::uintptr_t>(address)};
    if (address == nullptr || Kept::instance().holds(search.address) ||
        dl_iterate_phdr(&search_in, &search) == 0) {
        return;
    }
    if (!search.found.path.empty()) {
        void* const handle =
            ::dlopen(search.found.path.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
        if (handle == nullptr) {
            return; // the loader does not know its name, so it cannot be closed by name either
        }
        ::dlclose(handle); // RTLD_NODELETE stays in effect
    }
    Kept::instance().add(std::move(search.found));
}

} // namespace bus::internal
