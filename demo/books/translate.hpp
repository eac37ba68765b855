#pragma once

#include "demo/books/errors.hpp"
#include "demo/sqlite/sqlite.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace demo {

/// Throws an error of SQLite as an error of the books: BooksUnavailable if a repeat may help, else
/// BooksUnusable. `doing` says what was tried ("save order X"). Internal to demo_books.
[[noreturn]] void throw_translated(const sqlite::Error& error, const std::string& doing,
                                   const std::filesystem::path& path);

/// Runs `work`, and translates the errors of SQLite that it throws.
template <typename Work>
auto translated(const std::string& doing, const std::filesystem::path& path, Work&& work) {
    try {
        return std::forward<Work>(work)();
    } catch (const sqlite::Error& error) {
        throw_translated(error, doing, path);
    }
}

} // namespace demo
