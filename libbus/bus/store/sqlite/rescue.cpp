#include <bus/runtime/internal/system.hpp>
#include <bus/store/sqlite/backup.hpp>
#include <bus/store/sqlite/rescue.hpp>
#include <bus/store/sqlite/system_files.hpp>
#include <bus/store/verify.hpp>

#include <sqlite3.h>

#include <system_error>
#include <utility>

namespace bus::sqlite {

namespace {

namespace fs = std::filesystem;

constexpr const char* all_acknowledged = "All that was acknowledged ";

/// A file that this process has open.
struct OpenFile {
    fs::path link{}; ///< its entry in /proc; empty: not found
    fs::path name{}; ///< where it lies now; empty: it has no name any more, or none is known
    internal::FileRights rights{};
};

OpenFile find_open(FileId id) {
    for (const fs::path& link : internal::open_files_of(internal::process_id())) {
        const auto seen = internal::status_of(link);
        if (!seen || seen->id != id) {
            continue;
        }
        OpenFile file{.link = link, .rights = seen->rights};
        std::error_code error;
        const fs::path name = fs::read_symlink(link, error);
        if (const auto there = internal::status_of(name); !error && there && there->id == id) {
            file.name = name;
        }
        return file;
    }
    return {};
}

bool leads_to(const fs::path& name, FileId id) {
    const auto file = internal::status_of_name(name);
    return file && file->id == id;
}

fs::path beside(const fs::path& path, const char* end) {
    return fs::path{path}.concat(end);
}

/// A free name like PATH-rescued, in the folder of PATH or, if that is gone too, in the nearest
/// folder above.
fs::path free_name(const fs::path& path, const std::string& end) {
    std::error_code ignored;
    fs::path folder = path.parent_path();
    while (!fs::is_directory(folder, ignored) && folder.has_relative_path()) {
        folder = folder.parent_path();
    }
    const fs::path first = folder / (path.filename().string() + "-rescued" + end);
    fs::path name = first;
    constexpr int most = 1000;
    for (int i = 2; i < most && fs::exists(fs::symlink_status(name, ignored)); ++i) {
        name = folder / (path.filename().string() + "-rescued-" + std::to_string(i) + end);
    }
    return name;
}

/// One rescue.
class Rescue {
public:
    Rescue(Connection& connection, const FileNames& names, Loss loss)
        : connection_{connection},
          names_{names},
          loss_{std::move(loss)},
          file_{find_open(names.id())} {}

    std::string run() {
        connection_.end_leftover();
        const std::string saved = save();
        return what_happened() +
               " while this program had it open, so nothing more is written to it. " + saved;
    }

private:
    /// Whether PATH still leads to the file that was opened.
    [[nodiscard]] bool at_home() const { return leads_to(names_.path(), names_.id()); }

    [[nodiscard]] std::string what_happened() const {
        if (!loss_.name) {
            return loss_.content == FileRole::log
                       ? beside(names_.path(), "-wal").string() +
                             ", which has the newest commits, was cut off by another program"
                       : "the file was overwritten or cut off by another program";
        }
        const NameChange& change = *loss_.name;
        if (change.role != FileRole::database) {
            return change.name.string() +
                   (change.gone ? " was removed or moved" : " was replaced by another file");
        }
        if (at_home()) { // a link was given as the path
            return "the name " + change.name.string() +
                   (change.gone ? " was removed or leads nowhere" : " was led to another file");
        }
        if (!change.gone) {
            return "another file was put in its place";
        }
        return file_.name.empty() ? "the file was removed"
                                  : "the file was moved to " + file_.name.string();
    }

    std::string save() {
        if (!loss_.name) {
            return save_from_memory();
        }
        // A program that has created a new index may have written commits that this connection does
        // not know.
        const bool foreign_index = loss_.name->role == FileRole::index && !loss_.name->gone;
        return file_.name.empty() || foreign_index ? save_as_copy() : save_in_file();
    }

    /// Returns true if all of the log is in the file now.
    [[nodiscard]] bool copy_log() const {
        int frames = -1;
        int copied = -1;
        sqlite3* const handle = connection_.handle();
        sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
        return sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, &frames,
                                         &copied) == SQLITE_OK &&
               frames == copied;
    }

    std::string save_in_file() {
        const std::string name = file_.name.string();
        const bool stays = at_home();
        if (copy_log()) {
            if (!stays) {
                remove_beside();
            }
            return all_acknowledged + ("is in " + name + ". ") +
                   (stays ? "Stop this program, make sure that no other one writes there, and "
                            "start it again."
                          : "Stop this program, put that file back in its place, and start it "
                            "again.");
        }
        const fs::path log = beside(names_.path(), "-wal");
        const fs::path follows = beside(file_.name, "-wal");
        if (stays || (!leads_to(log, names_.id(FileRole::log)) &&
                      !leads_to(follows, names_.id(FileRole::log)))) {
            return save_as_copy();
        }
        if (leads_to(log, names_.id(FileRole::log)) && !internal::rename_file(log, follows)) {
            return save_as_copy();
        }
        remove_beside();
        return all_acknowledged + ("is in " + name + " and " + follows.string()) +
               ", which belong together. Stop this program, put both back in their place, and "
               "start it again.";
    }

    std::string save_as_copy() {
        const fs::path copy = free_name(names_.path(), "");
        try {
            write_copy(connection_, copy, file_.rights);
        } catch (const std::exception& error) {
            return could_not_save(error.what());
        }
        if (!at_home()) {
            remove_beside();
        }
        return all_acknowledged + ("was saved as " + copy.string()) +
               ". Stop this program, put that file in its place (`bus restore` does that), and "
               "start it again.";
    }

    std::string could_not_save(const std::string& why) {
        std::string log = "its log is gone";
        if (const OpenFile open = find_open(names_.id(FileRole::log)); !open.link.empty()) {
            log = open.link.string() + " its log";
        }
        move_log_aside();
        return all_acknowledged +
               ("could not be saved (" + why + "), and ends with this program. ") + "Until then " +
               file_.link.string() + " is the file, and " + log +
               ": copy both now, as NAME and NAME-wal, and look at NAME with `bus verify`.";
    }

    /// Used if the content of the file was changed. What the writer has read or written recently is
    /// still in memory, and this may be everything. The copy is kept only if it is whole.
    std::string save_from_memory() {
        const fs::path copy = free_name(names_.path(), "");
        try {
            write_copy(connection_, copy, file_.rights);
            if (verify({.path = copy}).clean()) {
                move_log_aside();
                return all_acknowledged +
                       ("was still in memory, and was saved as " + copy.string()) +
                       ". Stop this program, put that file in its place (`bus restore` does that), "
                       "and start it again.";
            }
        } catch (const std::exception&) {
            // Memory was not enough: the file itself was needed.
        }
        remove_all(copy);
        const fs::path log = move_log_aside();
        return "Events that were acknowledged before cannot be read from it any more" +
               (log.empty() ? std::string{}
                            : "; the newest commits are in the log, kept as " + log.string()) +
               ". Stop this program, go back to a backup (`bus restore`), and find out what wrote "
               "to the open store: copy a store with `bus backup`, and never onto an open one.";
    }

    static void remove_all(const fs::path& copy) {
        std::error_code ignored;
        for (const char* end : {"", "-wal", "-shm", "-journal"}) {
            fs::remove(beside(copy, end), ignored);
        }
    }

    /// Removes our log and index. SQLite would take them for those of the file that has our name
    /// now.
    void remove_beside() const {
        for (const auto& [end, role] :
             {std::pair{"-wal", FileRole::log}, std::pair{"-shm", FileRole::index}}) {
            const fs::path name = beside(names_.path(), end);
            if (leads_to(name, names_.id(role))) {
                internal::remove_name(name);
            }
        }
    }

    /// The same, but keeps the log. Returns its new name; empty if it was not renamed.
    fs::path move_log_aside() {
        const fs::path log = beside(names_.path(), "-wal");
        fs::path kept;
        if (loss_.name || loss_.content == FileRole::database) {
            if (leads_to(log, names_.id(FileRole::log))) {
                // The new name must not end in -wal: SQLite would take the file for the log of
                // PATH-rescued.
                kept = free_name(names_.path(), "-log");
                if (!internal::rename_file(log, kept)) {
                    kept.clear();
                }
            }
            remove_beside();
        }
        return kept;
    }

    Connection& connection_;
    const FileNames& names_;
    Loss loss_;
    OpenFile file_;
};

} // namespace

std::string rescue(Connection& connection, const FileNames& names, const Loss& loss) {
    return Rescue{connection, names, loss}.run();
}

} // namespace bus::sqlite
