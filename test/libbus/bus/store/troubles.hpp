#pragma once

#include "test/support/small_disk.hpp"

#include "backends.hpp"

#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>

/// Ways to make life hard for a store in a file.
namespace test {

/// A place for a store.
struct File {
    TempFolder folder;
    std::filesystem::path db = folder.path() / "store.db";
};

/// An event with this much data.
inline bus::NewEvent large(std::uint64_t number, std::size_t bytes = 50'000) {
    bus::NewEvent event = test::event(number);
    event.record.data = "\"" + std::string(bytes, 'x') + "\"";
    return event;
}

/// No file of this process grows beyond this size. A larger write is an error, not a signal.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        previous_handler_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &previous_);
        const rlimit limit{bytes, previous_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }

    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &previous_);
        std::signal(SIGXFSZ, previous_handler_);
    }

private:
    rlimit previous_{};
    void (*previous_handler_)(int) = SIG_DFL;
};

/// Another program that has the file open, such as a database shell.
class Shell {
public:
    explicit Shell(const std::filesystem::path& path) { sqlite3_open(path.c_str(), &handle_); }

    Shell(const Shell&) = delete;
    Shell& operator=(const Shell&) = delete;

    ~Shell() { sqlite3_close(handle_); }

    bool run(const char* sql) {
        return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
    }

private:
    sqlite3* handle_ = nullptr;
};

} // namespace test
