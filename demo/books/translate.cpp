#include "demo/books/translate.hpp"

#include <sqlite3.h>

namespace demo {

namespace {

struct Meaning {
    bool may_pass;
    const char* advice;
};

Meaning meaning_of(int extended_code) {
    switch (extended_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {true, "another program is writing to them: try again, or end that program"};
    case SQLITE_FULL: return {true, "the disk or the quota is full: free some space, then repeat"};
    case SQLITE_IOERR: return {true, "the disk reported an error: check it, then repeat"};
    case SQLITE_NOMEM: return {true, "memory ran out: free some, then repeat"};
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT: return {true, "try again"};
    case SQLITE_CANTOPEN:
        return {false, "check that the folder exists, that the path is a file and that both may be "
                       "written, or name another path"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return {false, "give this user the right to write the file and its folder, or name another "
                       "path"};
    case SQLITE_NOTADB:
        return {false, "the file is not a SQLite database: name another path, or move it away"};
    case SQLITE_CORRUPT: return {false, "the file is damaged: restore it from a backup"};
    default:
        return {false, "the file is not as this program left it: restore it from a backup, or "
                       "report this message"};
    }
}

} // namespace

void throw_translated(const sqlite::Error& error, const std::string& doing,
                      const std::filesystem::path& path) {
    const Meaning meaning = meaning_of(error.code());
    const std::string message = "books " + path.string() + ": cannot " + doing + ": " +
                                error.what() + "; " + meaning.advice;
    if (meaning.may_pass)
        throw BooksUnavailable(message, path);
    throw BooksUnusable(message, path);
}

} // namespace demo
