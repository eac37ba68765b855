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

/// What all commands share: the options that every command has, the store and the output. Each
/// command has a function that adds it to the tree of commands:
///
///     void add_something(CLI::App& app, Shared& shared);
///
/// The function gives its action to `shared.on_parsed`. The action runs when the command line has
/// been parsed. It prints with print() and note(), returns an exit code, and throws the exceptions
/// of errors.hpp. Not thread safe.
class Shared {
public:
    explicit Shared(Console& console) : console_{console} {}

    /// Adds --store and the other options of all commands.
    void add_options(CLI::App& app);

    /// Sets the action that runs if the user chose `command`.
    void on_parsed(CLI::App& command, std::function<int()> action);
    /// The same for a command that has commands below it; runs only if the user chose none of
    /// those.
    void on_parsed_alone(CLI::App& command, std::function<int()> action);
    /// Runs the action of the chosen command, and returns the exit code.
    int run_chosen();

    [[nodiscard]] Console& console() noexcept { return console_; }

    /// Whether to print for programs.
    [[nodiscard]] bool json() const noexcept { return json_; }

    /// The store's URL as the user gave it. Throws UsageError if it is missing or not supported.
    [[nodiscard]] const std::string& store_url() const;
    /// The path in the store's URL.
    [[nodiscard]] std::string store_path() const;
    /// Opens the store for reading; a host may write to it meanwhile. Throws StoreError,
    /// UsageError.
    [[nodiscard]] std::shared_ptr<EventStore> open_to_read() const;
    /// Opens an existing store for writing. Throws StoreInUse if another process writes to it,
    /// StoreError, UsageError.
    [[nodiscard]] std::shared_ptr<EventStore> open_to_write() const;
    /// The same, but creates the store if it does not exist.
    [[nodiscard]] std::shared_ptr<EventStore> open_or_create() const;

    /// How to print on standard output; --color decides on colours.
    [[nodiscard]] terminal::Look look() const;
    /// Whether to show the progress of long work: on a terminal, or if --progress is given.
    [[nodiscard]] bool shows_progress() const;

    /// Prints on standard output. Bytes that are not UTF-8, as in paths and old names, become
    /// U+FFFD, so that JSON is always valid.
    void print(std::string_view text);

    /// Prints an object in a line of its own, in the same way.
    void print(const boost::json::object& object);

    /// Prints a line for people on standard error, beside the output.
    void note(std::string_view text);

    /// Throws Interrupted if the user wants to end.
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
