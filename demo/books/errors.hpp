#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace demo {

/// The base of all errors of the books. The message says what failed, names the file and says what
/// to do.
class BooksError : public std::runtime_error {
public:
    /// @param message what failed, where, and what to do
    /// @param path the file of the books
    BooksError(const std::string& message, std::filesystem::path path)
        : std::runtime_error(message), path_(std::move(path)) {}

    /// The file of the books.
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// The books cannot answer now: locked by another program, disk full, I/O error, an injected fault.
/// The call may or may not have had its effect. Repeating it is safe and may help.
class BooksUnavailable : public BooksError {
public:
    using BooksError::BooksError;
};

/// The books understood the request, but refuse its content. Nothing was written. Repeating the
/// same request does not help.
class BooksRefused : public BooksError {
public:
    using BooksError::BooksError;
};

/// The file cannot be used as books: it cannot be opened, is not a database, belongs to another
/// program, was written by a newer version, is damaged or not writable. A person must look at it.
class BooksUnusable : public BooksError {
public:
    using BooksError::BooksError;
};

} // namespace demo
