#include <bus/store/restore.hpp>

#include <cli/errors.hpp>
#include <cli/restore_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/text.hpp>
#include <cli/watching.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>

namespace bus::cli {

namespace {

using terminal::format_count;
using terminal::printable;

struct RestoreArguments {
    std::string backup;
    bool dry_run = false;
};

boost::json::object to_json(const RestoreReport& report, const RestoreArguments& arguments) {
    const auto or_null = [](bool is, const auto& value) {
        return is ? boost::json::value(value) : boost::json::value(nullptr);
    };
    return {{"backup", printable(arguments.backup)},
            {"store", printable(report.store.string())},
            {"kept", or_null(!report.kept.empty(), printable(report.kept.string()))},
            {"events", report.events},
            {"last_position", report.last_position},
            {"last_before", or_null(report.last_before != 0, report.last_before)},
            {"older_schema", report.older_schema},
            {"dry_run", arguments.dry_run}};
}

std::string summary(const RestoreReport& report, const RestoreArguments& arguments) {
    std::string text = fmt::format("{} sqlite:{} from {}: {} events, last position {}\n",
                                   arguments.dry_run ? "would restore" : "restored",
                                   printable(report.store.string()), printable(arguments.backup),
                                   format_count(report.events), report.last_position);
    if (!report.kept.empty()) {
        text += fmt::format("what was there is kept as {}\n", printable(report.kept.string()));
    }
    if (report.last_before > report.last_position) {
        text += fmt::format("positions {} to {} will be given to other events than before: a "
                            "program that keeps positions outside of the store must start over, "
                            "see docs/guides/backups.md\n",
                            report.last_position + 1, report.last_before);
    }
    if (report.older_schema) {
        text += "the backup is of an older schema: its pages were checked; run `bus verify` once "
                "its host has migrated it\n";
    }
    return text;
}

int restore_store(Shared& shared, const RestoreArguments& arguments) {
    const RestoreReport report = [&] {
        Watching watching{shared};
        return restore({.backup = arguments.backup,
                        .store = shared.store_path(),
                        .program = "bus",
                        .dry_run = arguments.dry_run},
                       [&](const VerifyProgress& progress) { watching.see(progress); });
    }();
    if (shared.json()) {
        shared.print(to_json(report, arguments));
    } else {
        shared.print(summary(report, arguments));
    }
    return exit_code::done;
}

} // namespace

void add_restore(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "restore", "Replace the store with a backup, and keep the old one; no host may run");
    const auto arguments = std::make_shared<RestoreArguments>();
    command.add_option("FILE", arguments->backup, "A file of `bus backup`")->required();
    command.add_flag("--dry-run", arguments->dry_run, "Only check the backup and the store");
    shared.on_parsed(command, [&shared, arguments] { return restore_store(shared, *arguments); });
}

} // namespace bus::cli
