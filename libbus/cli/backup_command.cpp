#include <cli/backup_command.hpp>
#include <cli/errors.hpp>
#include <cli/terminal/format.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

namespace bus::cli {

namespace {

using terminal::format_count;

struct BackupOptions {
    std::string file;
    bool dry_run = false;
};

int backup(Shared& shared, const BackupOptions& options) {
    const auto store = shared.open_to_read();
    const std::string what = fmt::format(
        "{} events, {} agents", format_count(store->last_position() + 1 - store->first_position()),
        store->agents().size());
    if (options.dry_run) {
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::symlink_status(options.file, ignored))) {
            throw StoreError{fmt::format("cannot back up to {}: there is something already; name "
                                         "a new file",
                                         options.file)};
        }
        shared.print(fmt::format("would write {} to {}\n", what, options.file));
        return exit_code::done;
    }
    if (shared.shows_progress()) {
        shared.note(fmt::format("writing {} to {}", what, options.file));
    }
    store->backup(options.file);
    if (shared.json()) {
        shared.print({{"file", options.file}, {"bytes", std::filesystem::file_size(options.file)}});
    } else {
        shared.print(fmt::format("wrote {}: {} bytes, a store of its own\n", options.file,
                                 format_count(std::filesystem::file_size(options.file))));
    }
    return exit_code::done;
}

} // namespace

void add_backup(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "backup", "Write the store as it is now to a new file, while its host goes on");
    const auto options = std::make_shared<BackupOptions>();
    command.add_option("FILE", options->file, "The new file")->required();
    command.add_flag("--dry-run", options->dry_run, "Only say what would be written");
    shared.on_parsed(command, [&shared, options] { return backup(shared, *options); });
}

} // namespace bus::cli
