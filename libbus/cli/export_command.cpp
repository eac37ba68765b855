#include <bus/event/codec.hpp>
#include <bus/store/salvage.hpp>
#include <bus/store/sqlite/file_like.hpp>

#include <cli/errors.hpp>
#include <cli/event_filter.hpp>
#include <cli/export_command.hpp>
#include <cli/new_file.hpp>
#include <cli/terminal/format.hpp>
#include <cli/watching.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bus::cli {

namespace {

constexpr std::size_t export_page = 1000;

struct ExportOptions {
    EventFilter filter;
    std::string file = "-";
    bool salvage = false;
};

/// Called if the page after a position cannot be read. Throws the error of the first unreadable
/// event.
[[noreturn]] void refuse_unreadable(EventStore& store, Position after, const StoreDamaged& error) {
    try {
        for (auto next = store.read(after, 1); !next.empty(); next = store.read(after, 1)) {
            after = next.front().position;
        }
    } catch (const StoreDamaged& one) {
        throw StoreDamaged{
            fmt::format("event {}, the one behind position {}, cannot be exported: {}", after + 1,
                        after, one.what())};
    }
    throw StoreDamaged{error}; // this time all events could be read
}

std::vector<StoredEvent> next_page(EventStore& store, EventSource& source) {
    const Position after = source.looked_through();
    try {
        return source.next(export_page);
    } catch (const StoreDamaged& error) {
        refuse_unreadable(store, after, error);
    }
}

/// Reports the events in which bytes were replaced, because JSON cannot hold them.
class Replaced {
public:
    explicit Replaced(Shared& shared) : shared_{shared} {}

    void add(Position position) {
        constexpr std::uint64_t most_told = 20;
        if (++count_ <= most_told) {
            shared_.note(
                fmt::format("event {} has text that is not UTF-8, or data that is not a JSON "
                            "object, stored by an older libbus: U+FFFD was written instead",
                            position));
        } else {
            ++untold_;
            last_ = position;
        }
    }

    void tell_rest() const {
        if (untold_ != 0) {
            shared_.note(fmt::format("the same holds for {} more events, the last of them {}",
                                     untold_, last_));
        }
    }

private:
    Shared& shared_;
    std::uint64_t count_ = 0;
    std::uint64_t untold_ = 0;
    Position last_ = 0;
};

using Write = std::function<void(const std::string&)>;
/// Writes all lines with `write`, and returns how many.
using WriteAll = std::function<std::uint64_t(const Write& write)>;

std::uint64_t write_events(Shared& shared, EventStore& store, const ExportOptions& options,
                           const Write& write) {
    const Position last = std::min(options.filter.to, store.last_position());
    const Position first = std::max(options.filter.from, store.first_position());
    WorkProgress progress{shared, "events", last < first ? 0 : last - first + 1};
    std::uint64_t written = 0;
    std::string lines;
    Replaced replaced{shared};
    for (EventSource source{store, options.filter, shared.console().now()}; !source.ended();) {
        lines.clear();
        for (const StoredEvent& event : next_page(store, source)) {
            if (!write_readable_json(event.record, lines)) {
                replaced.add(event.position);
            }
            lines += '\n';
            ++written;
        }
        write(lines);
        progress.update(source.looked_through() < first ? 0 : source.looked_through() - first + 1);
    }
    replaced.tell_rest();
    return written;
}

/// Writes to a new file. If that fails, there is no file.
std::uint64_t write_file(Shared& shared, const ExportOptions& options, const WriteAll& write_all) {
    namespace fs = std::filesystem;
    const auto refuse = [&](const std::string& why) {
        throw OutputError{fmt::format("cannot write {}: {}", options.file, why)};
    };
    check_new_file(options.file);
    std::error_code ignored;
    const std::string partial = options.file + "-partial";
    fs::remove(partial, ignored);
    try {
        bus::internal::make_file_like(fs::path{shared.store_path()},
                                      partial); // set the mode while the file is still empty
    } catch (const fs::filesystem_error& error) {
        refuse(error.code().message());
    }
    std::ofstream out{partial, std::ios::binary};
    try {
        const std::uint64_t written = write_all([&](const std::string& lines) {
            out << lines;
            if (!out) {
                refuse(std::strerror(errno));
            }
        });
        out.close();
        std::error_code error;
        if (out) {
            fs::rename(partial, options.file, error);
        }
        if (!out || error) {
            refuse(error ? error.message() : std::strerror(errno));
        }
        return written;
    } catch (...) {
        fs::remove(partial, ignored);
        throw;
    }
}

void write(Shared& shared, const ExportOptions& options, const WriteAll& write_all) {
    if (options.file == "-") {
        write_all([&](const std::string& lines) { shared.print(lines); });
        return;
    }
    const std::uint64_t written = write_file(shared, options, write_all);
    shared.note(
        fmt::format("wrote {} events to {}", terminal::format_count(written), options.file));
}

/// Reports on standard error what could not be saved.
int tell(Shared& shared, const SalvageReport& report) {
    for (const std::string& doubt : report.doubts) {
        shared.note(doubt);
    }
    std::uint64_t left_out = 0;
    for (const LeftOut& range : report.left_out) {
        left_out += range.last - range.first + 1;
        shared.note(
            range.first == range.last
                ? fmt::format("left out: event {}: {}", range.first, range.why)
                : fmt::format("left out: events {} to {}: {}", range.first, range.last, range.why));
    }
    shared.note(fmt::format("saved {} events of positions {} to {}, left out {}",
                            terminal::format_count(report.events), report.first_position,
                            report.last_position, terminal::format_count(left_out)));
    if (report.unchecked != 0) {
        shared.note(fmt::format("{} of them were written before there were checksums: nothing says "
                                "whether they are what was written",
                                terminal::format_count(report.unchecked)));
    }
    return report.complete() ? exit_code::done : exit_code::incomplete;
}

int salvage_events(Shared& shared, const ExportOptions& options) {
    if (options.filter.is_set()) {
        throw UsageError{"--salvage saves all events that it finds: leave the filters out, and use "
                         "them on the store that the events are imported into"};
    }
    SalvageReport report;
    const auto write_all = [&](const Write& write) {
        constexpr std::size_t enough = std::size_t{1} << 20U;
        Watching watching{shared};
        Replaced replaced{shared};
        std::string lines;
        report = salvage(
            shared.store_path(),
            [&](const StoredEvent& event) {
                std::string line;
                if (!write_readable_json(event.record, line)) {
                    replaced.add(event.position);
                }
                lines.append(line).push_back('\n');
                if (lines.size() > enough) {
                    write(lines);
                    lines.clear();
                }
            },
            [&](const VerifyProgress& progress) { watching.see(progress); });
        write(lines);
        replaced.tell_rest();
        return report.events;
    };
    write(shared, options, write_all);
    return tell(shared, report);
}

int export_events(Shared& shared, const ExportOptions& options) {
    if (options.salvage) {
        return salvage_events(shared, options);
    }
    const auto store = shared.open_to_read();
    write(shared, options,
          [&](const Write& to) { return write_events(shared, *store, options, to); });
    return exit_code::done;
}

} // namespace

void add_export(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "export", "Write events in the wire format, one object a line, in their order");
    const auto options = std::make_shared<ExportOptions>();
    command.add_option("FILE", options->file, "A new file; - for standard output")
        ->capture_default_str();
    command.add_flag("--salvage", options->salvage,
                     "Save what can still be read of a damaged store, and list what cannot");
    options->filter.add_options(command);
    shared.on_parsed(command, [&shared, options] { return export_events(shared, *options); });
}

} // namespace bus::cli
