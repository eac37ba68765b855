#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <cli/console.hpp>
#include <cli/terminal/look.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bus::cli {

/// What all commands share: the options that come with each, and what they are for. A command adds
/// itself to the tree with a function of its own,
///
///     void add_something(CLI::App& app, Shared& shared);
///
/// which gives `shared.on_parsed` what is to be done once the command line is read. That returns
/// an exit code, prints with print() and note(), and throws what errors.hpp says. Not thread safe.
class Shared {
public:
    explicit Shared(Console& console) : console_{console} {}

    /// Adds --store and its like.
    void add_options(CLI::App& app);

    /// What to do where `command` was chosen.
    void on_parsed(CLI::App& command, std::function<int()> action);
    /// The same of a command that has others below it, where none of those was chosen.
    void on_parsed_alone(CLI::App& command, std::function<int()> action);
    /// Does it, and returns the exit code.
    int run_chosen();

    [[nodiscard]] Console& console() noexcept { return console_; }

    /// Whether to print for programs.
    [[nodiscard]] bool json() const noexcept { return json_; }

    /// As the user gave it. Throws UsageError where it is missing or names no store of ours.
    [[nodiscard]] const std::string& store_url() const;
    /// The path in it.
    [[nodiscard]] std::string store_path() const;
    /// Opens the store beside its writer. Throws StoreError, UsageError.
    [[nodiscard]] std::shared_ptr<EventStore> open_to_read() const;
    /// Opens an existing store for writing. Throws StoreInUse where a host runs it; StoreError,
    /// UsageError.
    [[nodiscard]] std::shared_ptr<EventStore> open_to_write() const;
    /// The same, and makes a store that is not there.
    [[nodiscard]] std::shared_ptr<EventStore> open_or_create() const;

    /// How to print on standard output: as --color says.
    [[nodiscard]] terminal::Look look() const;
    /// Whether to show how far a long work is: on a terminal, or where --progress is given.
    [[nodiscard]] bool shows_progress() const;

    /// Prints on standard output. What is no UTF-8, as paths and old names may hold, becomes
    /// U+FFFD: so JSON stays valid whatever is put into it.
    void print(std::string_view text);

    /// Prints an object in a line of its own, in the same way.
    void print(const boost::json::object& object);

    /// Tells a person something beside the output: a line on standard error.
    void note(std::string_view text);

    /// Throws Interrupted where the user wants to end.
    void check_interrupted();

private:
    Console& console_;
    std::string store_url_;
    std::string colours_ = "auto";
    bool json_ = false;
    bool progress_ = false;
    std::function<int()> chosen_;
};

} // namespace bus::cli
