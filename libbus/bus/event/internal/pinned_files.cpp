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

/// A file that is loaded: the addresses from its first to its last one.
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

/// One step of dl_iterate_phdr: ends the search (1) in the file that holds the address.
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

/// The files that stay. Never destroyed: types may be registered as late as anybody likes.
struct Kept {
    std::mutex mutex;
    std::vector<LoadedFile> files;

    static Kept& instance() {
        // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): it is to outlive all static objects
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
            return; // it has no name that the loader knows, so nobody can close it by one
        }
        ::dlclose(handle); // the mark stays
    }
    Kept::instance().add(std::move(search.found));
}

} // namespace bus::internal
