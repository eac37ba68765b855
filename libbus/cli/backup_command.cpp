#include <cli/backup_command.hpp>
#include <cli/errors.hpp>
#include <cli/new_file.hpp>
#include <cli/terminal/format.hpp>
#include <cli/work_progress.hpp>
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

/// Ctrl-C ends the process as usual; the next backup removes what is left.
void write(Shared& shared, EventStore& store, const std::string& file) {
    const std::uint64_t most = size_of(shared.store_url().substr(shared.store_url().find(':') + 1));
    run_with_progress(
        shared, "bytes", most, [&] { store.backup(file); },
        [&] { return size_of(file + "-partial"); });
}

int dry_run(Shared& shared, EventStore& store, const std::string& file) {
    const std::uint64_t events = store.last_position() + 1 - store.first_position();
    const std::size_t agents = store.agents().size();
    if (shared.json()) {
        shared.print({{"file", file}, {"events", events}, {"agents", agents}, {"dry_run", true}});
    } else {
        shared.print(fmt::format("would write {} events, {} agents to {}\n", format_count(events),
                                 agents, file));
    }
    return exit_code::done;
}

int backup(Shared& shared, const BackupOptions& options) {
    const auto store = shared.open_to_read();
    check_new_file(options.file);
    if (options.dry_run) {
        return dry_run(shared, *store, options.file);
    }
    write(shared, *store, options.file);
    if (shared.json()) {
        shared.print({{"file", options.file}, {"bytes", std::filesystem::file_size(options.file)}});
    } else {
        shared.print(fmt::format("wrote {}: {} bytes, a complete store\n", options.file,
                                 format_count(std::filesystem::file_size(options.file))));
    }
    return exit_code::done;
}

} // namespace

void add_backup(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "backup", "Write the store as it is now to a new file, while its host keeps running");
    const auto options = std::make_shared<BackupOptions>();
    command.add_option("FILE", options->file, "The new file")->required();
    command.add_flag("--dry-run", options->dry_run, "Only say what would be written");
    shared.on_parsed(command, [&shared, options] { return backup(shared, *options); });
}

} // namespace bus::cli
