#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Everything that libbus::bus needs from the operating system and the C++ library does not offer.
/// To support another system, write another system.cpp. What the SQLite store needs of files is in
/// store/sqlite/system_files.hpp. All functions are thread safe.
namespace bus::internal {

// Processes and threads

std::int64_t process_id() noexcept;

/// The name of the program's file, without its folder.
std::string program_name();

/// Ends the process. Runs no destructor and no function that was given to atexit().
[[noreturn]] void end_process_now(int code) noexcept;

/// Ends the process like a crash (SIGKILL): nothing is run or flushed.
[[noreturn]] void kill_process() noexcept;

/// Gives the calling thread a name, for debuggers and `ps`. Linux keeps the first 15 bytes.
void name_this_thread(const std::string& name) noexcept;

/// Registers functions to run around each fork() of this process: before it, after it in the
/// parent, and after it in the child. Does nothing on a system without fork().
void around_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept;

/// The name of the exported function that contains an address; empty if it is not known.
std::string_view function_at(std::uintptr_t address) noexcept;

/// The time since the system was started, including the time that it was suspended. None if the
/// system has no such clock.
std::optional<std::chrono::nanoseconds> time_since_boot() noexcept;

// Memory

/// Reserves pages that are zero. Each takes memory when it is first used. Null if that fails.
void* map_pages(std::size_t bytes) noexcept;
void unmap_pages(void* pages, std::size_t bytes) noexcept;

/// From now on each access to the pages ends the process. Returns false if the system refuses.
bool forbid_pages(void* pages, std::size_t bytes) noexcept;

/// Returns the memory of the pages to the system. They are zero when they are next used.
void discard_pages(void* pages, std::size_t bytes) noexcept;

/// Reserves a page that becomes zero in each child of fork(), if the system can do that (Linux
/// 4.14); otherwise a normal page. Null if that fails.
void* map_page_wiped_in_children() noexcept;

// Barriers that other threads execute (Linux: membarrier(2))

/// Must be called once before barrier_in_all_threads(). Returns false if the system has no such
/// barriers.
bool register_barriers() noexcept;

/// Makes each running thread of the process execute a full memory barrier. Returns false if that
/// fails.
bool barrier_in_all_threads() noexcept;

// Loaded files: the program and its shared libraries

struct LoadedFile {
    enum class Holds : std::uint8_t { content, notes, other };

    struct Segment {
        Holds holds = Holds::other;
        const char* begin = nullptr;
        std::size_t size = 0;
    };

    std::string_view path; ///< empty: the program itself
    std::span<const Segment> segments;
};

/// Calls a function for each loaded file, until it returns true. Returns whether it did.
bool any_loaded_file(const std::function<bool(const LoadedFile&)>& function);

/// From now on the file is never unloaded. Returns false if no loaded file has this path.
bool keep_file_loaded(const std::string& path) noexcept;

} // namespace bus::internal
