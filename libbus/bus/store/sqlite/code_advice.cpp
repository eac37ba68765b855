#include <bus/store/sqlite/code_advice.hpp>
#include <bus/store/sqlite/system_advice.hpp>
#include <bus/store/sqlite/system_files.hpp>
#include <bus/store/sqlite/way_back.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace bus::sqlite {

namespace {

/// If the store were at rest and no log had to be read, the file would have been opened.
std::string advice_on_reading(const std::filesystem::path& path) {
    return "there are commits in " + path.string() +
           "-wal that are not in the file yet, and to read them SQLite must write files beside it: "
           "copy both files to a folder where this user may write, or allow writing there";
}

/// SQLite reports only its last attempt, so a folder that refuses a new file looks like a missing
/// file. Therefore this checks what is wrong.
std::string advice_on_open(const std::filesystem::path& path, Access access) {
    std::error_code ignored;
    const std::filesystem::path folder = path.parent_path();
    if (std::filesystem::is_directory(path, ignored)) {
        return "it is a folder: name a file";
    }
    if (!std::filesystem::is_directory(folder, ignored)) {
        return folder.string() + " is not a folder: name a file in one that exists";
    }
    if (access != Access::read_write && !std::filesystem::exists(path, ignored)) {
        return "there is no such file";
    }
    if (access == Access::read_only && internal::may_read(path) && !internal::may_write(folder)) {
        return advice_on_reading(path);
    }
    if (!internal::may_write(folder)) {
        return "this user may not write in " + folder.string() +
               ", where SQLite keeps files beside the store: allow it, or name another folder";
    }
    return "see that this user may read and write the file";
}

} // namespace

bool is_failed_read(int code) noexcept {
    return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_CORRUPTFS;
}

std::string advice(int code, int system_error, const std::filesystem::path& path, Access access) {
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "the disk (or the size allowed to the store) is full: free space and try again";
    case SQLITE_READONLY:
        if (access == Access::read_only) {
            return advice_on_reading(path);
        }
        return "the file or its folder is read-only for this user: allow writing, or open the "
               "store read-only";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        if (system_error == ENOLCK) { // SQLite takes this for a lock of another program
            return internal::advice_on_system_error(system_error, path.parent_path());
        }
        return "another program holds the file locked: end it (a database shell?) and try again";
    case SQLITE_CORRUPT:
        return "the file is damaged: go back to " LIBBUS_A_BACKUP "; " LIBBUS_SALVAGE;
    case SQLITE_NOTADB: return "the file is not a SQLite database: name another file";
    case SQLITE_CANTOPEN:
        return system_error == EMFILE
                   ? internal::advice_on_system_error(system_error, path.parent_path())
                   : advice_on_open(path, access);
    case SQLITE_IOERR:
        if (is_failed_read(code)) {
            return "the disk could not read a part of it: see the system's log, and run `bus "
                   "verify`, which says whether the file is whole; a read that fails once may "
                   "succeed the next time";
        }
        return "the disk reported an error: see the system's log, free space or repair it, and try "
               "again";
    case SQLITE_PERM:
    case SQLITE_AUTH: return "permission denied: check the rights on the file and its folder";
    case SQLITE_NOMEM: return "there is not enough memory";
    case SQLITE_TOOBIG: return "a text is larger than SQLite can hold (1e9 bytes)";
    default: return "see https://sqlite.org/rescode.html";
    }
}

bool is_damage(int code) noexcept {
    return (code & 0xff) == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
           code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_DATA;
}

} // namespace bus::sqlite
