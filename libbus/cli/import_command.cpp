#include <bus/event/codec.hpp>

#include <boost/functional/hash.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/import_command.hpp>
#include <cli/terminal/format.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bus::cli {

namespace {

using terminal::format_count;

constexpr std::size_t batch_size = 500;

struct ImportOptions {
    std::string file;
    bool dry_run = false;
    bool into_pruned = false;
};

/// Opens the store as its only writer. If `make`, the store may not exist yet.
std::shared_ptr<EventStore> open_alone(Shared& shared, bool make) {
    try {
        return make ? shared.open_or_create() : shared.open_to_write();
    } catch (const StoreInUse& host) {
        throw StoreInUse{
            fmt::format("cannot import while {} runs the store {}: stop that one first, or have it "
                        "publish the lines itself, with Bus::publish(bus::read_record(line))",
                        host.owner(), shared.store_url()),
            host.owner()};
    }
}

/// Appends events from NDJSON, and counts what it has done.
class Import {
public:
    /// `store` is null if it does not exist yet. Then it is created when the first valid line has
    /// been read, so that input without events leaves no store behind. A dry run creates none.
    Import(Shared& shared, std::shared_ptr<EventStore> store, const ImportOptions& options)
        : shared_{shared}, store_{std::move(store)}, dry_run_{options.dry_run} {
        if (store_ && !options.into_pruned) {
            pruned_through_ = store_->first_position() - 1;
        }
    }

    void run(std::istream& in, const std::string& name) {
        WorkProgress progress{shared_, "events", std::nullopt};
        std::string text;
        while (std::getline(in, text)) {
            ++line_;
            if (!text.empty() && text != "\r") {
                take(name, text);
            }
            if (waiting_.size() == batch_size) {
                commit(name);
            }
            if (line_ % batch_size == 0) {
                progress.update(line_);
            }
        }
        if (in.bad()) {
            commit(name);
            throw InputError{fmt::format("{} cannot be read after line {}", name, line_)};
        }
        commit(name);
        make_store(); // also if the input was empty
    }

    [[nodiscard]] std::uint64_t imported() const noexcept { return imported_; }

    [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

private:
    void take(const std::string& name, const std::string& text) {
        EventRecord record;
        try {
            record = read_record(text);
        } catch (const CodecError& error) {
            commit(name);
            throw InputError{fmt::format("{}, line {}: {}", name, line_, error.what())};
        }
        switch (look_for(record)) {
        case Double::none: refuse_pruned(name, record); break;
        case Double::equal: ++skipped_; return;
        case Double::other:
            commit(name);
            throw InputError{fmt::format(
                "{}, line {}: event {} is there already with other content; `bus events show {}` "
                "shows it. Correct or remove that line",
                name, line_, to_text(record.event_id), to_text(record.event_id))};
        }
        Part part;
        part.chain = 1; // if a line is refused, nothing after it is stored
        part.events.push_back({.record = std::move(record)});
        waiting_.push_back(std::move(part));
        lines_.push_back(line_);
    }

    enum class Double { none, equal, other };

    /// Whether the event is already in the store, or occurred earlier in the input.
    Double look_for(const EventRecord& record) {
        const std::size_t hash = std::hash<std::string>{}(readable_json(record));
        if (const auto before = seen_.find(record.event_id); before != seen_.end()) {
            return before->second == hash ? Double::equal : Double::other;
        }
        const auto kept = store_ == nullptr ? std::nullopt : store_->find(record.event_id);
        if (!kept) {
            seen_.emplace(record.event_id, hash);
            return Double::none;
        }
        // Compare the stored event as it would be exported: in the store it may contain blanks and
        // escapes, or bytes that are not UTF-8.
        return read_record(readable_json(kept->record)) == record ? Double::equal : Double::other;
    }

    /// The store does not keep the ids of pruned events, so it would take such an event for a new
    /// one.
    void refuse_pruned(const std::string& name, const EventRecord& record) {
        if (pruned_through_ == 0) {
            return;
        }
        commit(name);
        throw InputError{fmt::format(
            "{}, line {}: event {} is not in the store. It may be one of the events up to position "
            "{}, which were pruned; it would then stand at the end of the log, and every agent "
            "would handle it again. If it is new, or is to be imported anyway, add --into-pruned",
            name, line_, to_text(record.event_id), pruned_through_)};
    }

    void make_store() {
        if (!store_ && !dry_run_) {
            store_ = open_alone(shared_, true);
        }
    }

    void commit(const std::string& name) {
        std::vector<Part> parts = std::exchange(waiting_, {});
        const std::vector<std::uint64_t> lines = std::exchange(lines_, {});
        if (dry_run_ || parts.empty()) {
            imported_ += parts.size();
            return;
        }
        make_store();
        parts.front().stored_at = shared_.console().now();
        seen_.clear(); // the store knows them after the commit
        const std::vector<PartResult> results = store_->commit(parts, true);
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].error) {
                refuse(name, lines[i], results[i].error);
            }
            ++imported_;
        }
    }

    [[noreturn]] static void refuse(const std::string& name, std::uint64_t line,
                                    const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& cause) {
            throw InputError{fmt::format("{}, line {}: {}", name, line, cause.what())};
        }
    }

    Shared& shared_;
    std::shared_ptr<EventStore> store_;
    bool dry_run_;
    Position pruned_through_ = 0; ///< 0 also if pruned events may be imported again
    std::vector<Part> waiting_;
    std::vector<std::uint64_t> lines_; ///< the line numbers of `waiting_`
    /// The events that are not in the store yet: those of `waiting_`, or in a dry run all of them,
    /// at some 60 bytes each.
    std::unordered_map<Uuid, std::size_t> seen_;
    std::uint64_t line_ = 0;
    std::uint64_t imported_ = 0;
    std::uint64_t skipped_ = 0;
};

/// Runs the import. If it stops early, also reports what was imported before.
int run(Shared& shared, Import& import, const ImportOptions& options) {
    const char* const verb = options.dry_run ? "would import" : "imported";
    try {
        if (options.file == "-") {
            import.run(shared.console().in(), "standard input");
        } else {
            std::ifstream in{options.file, std::ios::binary};
            if (!in) {
                throw InputError{fmt::format("cannot read {}: see that it is there and may be read",
                                             options.file)};
            }
            import.run(in, options.file);
        }
    } catch (const std::exception& trouble) {
        // A refused line would be refused again.
        const bool refused = dynamic_cast<const InputError*>(&trouble) != nullptr;
        shared.note(fmt::format("stopped: {} {} events until then ({} were there already); {}",
                                verb, format_count(import.imported()),
                                format_count(import.skipped()),
                                refused ? "after you correct the input, the same command skips them"
                                        : "the same command continues, and skips them"));
        throw;
    }
    if (shared.json()) {
        shared.print({{"imported", import.imported()},
                      {"skipped", import.skipped()},
                      {"dry_run", options.dry_run}});
    } else {
        shared.print(fmt::format("{} {} events, {} were there already\n", verb,
                                 format_count(import.imported()), format_count(import.skipped())));
    }
    return exit_code::done;
}

/// The store; null if it does not exist yet, or if its file is empty, so that it can be created.
std::shared_ptr<EventStore> open(Shared& shared, const ImportOptions& options) {
    const std::string path = shared.store_url().substr(shared.store_url().find(':') + 1);
    std::error_code missing;
    const bool is_file = std::filesystem::is_regular_file(path, missing);
    if (!std::filesystem::exists(path, missing) ||
        (is_file && std::filesystem::file_size(path, missing) == 0)) {
        return nullptr;
    }
    return options.dry_run ? shared.open_to_read() : open_alone(shared, false);
}

void check_input(const std::string& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        throw InputError{fmt::format("there is no file {}", file)};
    }
    if (std::filesystem::is_directory(file, ignored)) {
        throw InputError{
            fmt::format("{} is a folder: name a file that `bus export` has written", file)};
    }
}

int import_events(Shared& shared, const ImportOptions& options) {
    if (options.file != "-") {
        check_input(options.file);
    }
    Import import{shared, open(shared, options), options};
    return run(shared, import, options);
}

} // namespace

void add_import(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "import", "Append events in the wire format, one object a line; makes a missing store");
    const auto options = std::make_shared<ImportOptions>();
    command.add_option("FILE", options->file, "A file of `bus export`; - for standard input")
        ->required();
    command.add_flag("--dry-run", options->dry_run,
                     "Only check every line, and say what would be imported");
    command.add_flag("--into-pruned", options->into_pruned,
                     "Append events that the store does not have even if it was pruned, and they "
                     "may be among the removed ones");
    shared.on_parsed(command, [&shared, options] { return import_events(shared, *options); });
}

} // namespace bus::cli
