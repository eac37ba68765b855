#include <bus/store/sqlite/system_files.hpp>

#include <cli/compact_command.hpp>
#include <cli/errors.hpp>
#include <cli/terminal/format.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

namespace bus::cli {

namespace {

namespace fs = std::filesystem;
using terminal::format_count;

struct CompactOptions {
    bool dry_run = false;
};

/// The folder that SQLite uses for temporary files: https://sqlite.org/tempfiles.html, section 5.
fs::path temporary_folder() {
    const std::array<const char*, 5> folders{std::getenv("SQLITE_TMPDIR"), std::getenv("TMPDIR"),
                                             "/var/tmp", "/usr/tmp", "/tmp"};
    std::error_code ignored;
    for (const char* folder : folders) {
        if (folder != nullptr && fs::is_directory(folder, ignored) &&
            internal::may_make_files_in(folder)) {
            return folder;
        }
    }
    return ".";
}

std::uint64_t disk_of(const fs::path& folder) {
    const auto seen = internal::status_of(folder);
    return seen ? seen->id.device : 0;
}

/// Throws StoreError if there is too little space. Compacting writes everything twice for a while:
/// to a temporary file, and to the log beside the store.
void check_room(const fs::path& file, std::uint64_t kept) {
    const fs::path folder = fs::absolute(file).parent_path();
    const fs::path temporary = temporary_folder();
    const bool same = disk_of(folder) == disk_of(temporary);
    const auto check = [&](const fs::path& where, std::uint64_t needed) {
        std::error_code unknown;
        const std::uint64_t room = fs::space(where, unknown).available;
        if (!unknown && room < needed) {
            throw StoreError{
                fmt::format("cannot compact {}: this needs {} bytes in {} for a while, and only {} "
                            "are free; nothing was changed: free space there{}",
                            file.string(), format_count(needed), where.string(), format_count(room),
                            where == temporary ? ", or name another folder in SQLITE_TMPDIR" : "")};
        }
    };
    check(folder, same ? 2 * kept : kept);
    if (!same) {
        check(temporary, kept);
    }
}

void report(Shared& shared, const StoreSpace& before, const StoreSpace& after, bool dry_run) {
    const std::uint64_t freed = before.bytes - std::min(before.bytes, after.bytes);
    if (shared.json()) {
        shared.print({{"bytes", before.bytes},
                      {"after", after.bytes},
                      {"freed", freed},
                      {"dry_run", dry_run}});
    } else if (freed == 0) {
        shared.print(fmt::format("nothing to give back: all {} bytes are in use\n",
                                 format_count(before.bytes)));
    } else {
        shared.print(fmt::format("{} {} of {} bytes back\n", dry_run ? "would give" : "gave",
                                 format_count(freed), format_count(before.bytes)));
    }
}

int compact(Shared& shared, const CompactOptions& options) {
    const std::string path = shared.store_url().substr(shared.store_url().find(':') + 1);
    const auto store = options.dry_run ? shared.open_to_read() : shared.open_to_write();
    const StoreSpace before = store->space();
    const std::uint64_t kept = before.bytes - before.free;
    if (options.dry_run || before.free == 0) {
        report(shared, before, {.bytes = kept}, options.dry_run);
        return exit_code::done;
    }
    check_room(path, kept);
    run_with_progress(
        shared, "bytes", kept, [&] { store->compact(); }, [&] { return size_of(path + "-wal"); });
    report(shared, before, store->space(), false);
    return exit_code::done;
}

} // namespace

void add_compact(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "compact", "Shrink the store's file by the space that pruning has freed in it");
    const auto options = std::make_shared<CompactOptions>();
    command.add_flag("--dry-run", options->dry_run, "Only say how much is free");
    shared.on_parsed(command, [&shared, options] { return compact(shared, *options); });
}

} // namespace bus::cli
