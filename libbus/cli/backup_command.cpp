#include <bus/runtime/system_runtime.hpp>

#include <cli/backup_command.hpp>
#include <cli/errors.hpp>
#include <cli/new_file.hpp>
#include <cli/terminal/format.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>

namespace bus::cli {

namespace {

using terminal::format_count;

struct BackupOptions {
    std::string file;
    bool dry_run = false;
};

std::uint64_t size_of(const std::string& file) {
    std::error_code missing;
    const std::uintmax_t size = std::filesystem::file_size(file, missing);
    return missing ? 0 : size;
}

/// The store writes it in one go: how far it is shows the file, which grows under another name. On
/// Ctrl-C the process ends as always, and the next backup clears up.
void write(Shared& shared, EventStore& store, const std::string& file) {
    constexpr Duration look_every = std::chrono::milliseconds{100};
    const std::uint64_t most = size_of(shared.store_url().substr(shared.store_url().find(':') + 1));
    const auto progress = begin_progress(shared, "bytes", most);
    if (!progress) {
        store.backup(file);
        return;
    }
    SystemRuntime runtime{1};
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::exception_ptr error;
    const std::unique_ptr<Executor> other_thread = runtime.dedicated("bus-backup");
    other_thread->post([&] {
        std::exception_ptr thrown;
        try {
            store.backup(file);
        } catch (...) {
            thrown = std::current_exception();
        }
        const std::lock_guard lock{mutex};
        error = thrown;
        done = true;
        changed.notify_all();
    });
    std::unique_lock lock{mutex};
    do {
        show_progress(shared, *progress, std::min(size_of(file + "-partial"), most));
    } while (!runtime.wait(
        lock, changed, [&] { return done; }, look_every));
    if (error) {
        std::rethrow_exception(error);
    }
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
