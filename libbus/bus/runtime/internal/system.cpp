#include <bus/runtime/internal/system.hpp>

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include <csignal>
#include <ctime>
#include <vector>

namespace bus::internal {

std::int64_t process_id() noexcept {
    return ::getpid();
}

std::string program_name() {
    return program_invocation_short_name;
}

void end_process_now(int code) noexcept {
    ::_exit(code);
}

void kill_process() noexcept {
    ::kill(::getpid(), SIGKILL);
    for (;;) {
        ::pause(); // the signal may reach another thread first
    }
}

void name_this_thread(const std::string& name) noexcept {
    constexpr std::size_t most = 15;
    char shown[most + 1] = {};
    name.copy(shown, most);
    ::pthread_setname_np(::pthread_self(), shown); // only a name: an error is of no concern
}

void around_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept {
    ::pthread_atfork(before, in_parent, in_child);
}

std::string_view function_at(std::uintptr_t address) noexcept {
    Dl_info symbol{};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of code is what the stack has
    const bool found = ::dladdr(reinterpret_cast<const void*>(address), &symbol) != 0;
    return found && symbol.dli_sname != nullptr ? symbol.dli_sname : std::string_view{};
}

std::optional<std::chrono::nanoseconds> time_since_boot() noexcept {
#ifdef CLOCK_BOOTTIME
    if (timespec time{}; ::clock_gettime(CLOCK_BOOTTIME, &time) == 0) {
        return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
    }
#endif
    return std::nullopt;
}

void* map_pages(std::size_t bytes) noexcept {
    void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? nullptr : pages;
}

void unmap_pages(void* pages, std::size_t bytes) noexcept {
    ::munmap(pages, bytes);
}

bool forbid_pages(void* pages, std::size_t bytes) noexcept {
    return ::mprotect(pages, bytes, PROT_NONE) == 0;
}

void discard_pages(void* pages, std::size_t bytes) noexcept {
    ::madvise(pages, bytes, MADV_DONTNEED);
}

void* map_page_wiped_in_children() noexcept {
    const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page = map_pages(size);
#ifdef MADV_WIPEONFORK
    if (page != nullptr) {
        [[maybe_unused]] const int refused = ::madvise(page, size, MADV_WIPEONFORK);
    }
#endif
    return page;
}

#ifdef SYS_membarrier

namespace {

// As in <linux/membarrier.h>, which not every system with a Linux kernel has.
constexpr int private_expedited = 1 << 3;
constexpr int register_private_expedited = 1 << 4;

bool membarrier(int command) noexcept {
    return ::syscall(SYS_membarrier, command, 0, 0) == 0;
}

} // namespace

bool register_barriers() noexcept {
    return membarrier(register_private_expedited);
}

bool barrier_in_all_threads() noexcept {
    return membarrier(private_expedited);
}

#else

bool register_barriers() noexcept {
    return false;
}

bool barrier_in_all_threads() noexcept {
    return false;
}

#endif

namespace {

LoadedFile::Holds held_by(std::uint32_t type) noexcept {
    switch (type) {
    case PT_LOAD: return LoadedFile::Holds::content;
    case PT_NOTE: return LoadedFile::Holds::notes;
    default: return LoadedFile::Holds::other;
    }
}

struct Look {
    const std::function<bool(const LoadedFile&)>& function;
    std::vector<LoadedFile::Segment> segments{};
};

int look_at(dl_phdr_info* file, std::size_t /*size*/, void* data) {
    Look& look = *static_cast<Look*>(data);
    look.segments.clear();
    for (std::size_t i = 0; i < file->dlpi_phnum; ++i) {
        const auto& segment = file->dlpi_phdr[i];
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives the address as a number
        const auto* const begin = reinterpret_cast<const char*>(file->dlpi_addr + segment.p_vaddr);
        look.segments.push_back({held_by(segment.p_type), begin, segment.p_memsz});
    }
    return look.function({file->dlpi_name, look.segments}) ? 1 : 0;
}

} // namespace

bool any_loaded_file(const std::function<bool(const LoadedFile&)>& function) {
    Look look{function};
    return ::dl_iterate_phdr(&look_at, &look) != 0;
}

bool keep_file_loaded(const std::string& path) noexcept {
    void* const handle = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (handle == nullptr) {
        return false;
    }
    ::dlclose(handle); // the mark stays
    return true;
}

} // namespace bus::internal
