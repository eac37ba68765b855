#include <bus/event/utf8.hpp>
#include <bus/store/store_url.hpp>

#include <boost/json/serialize.hpp>
#include <cli/errors.hpp>
#include <cli/shared.hpp>
#include <cli/terminal/text.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <utility>

namespace bus::cli {

namespace {

constexpr const char* program = "bus";
constexpr std::string_view sqlite = "sqlite:";

std::shared_ptr<EventStore> open(const std::string& url, bool read_only) {
    return open_store(url, {.read_only = read_only, .program = program});
}

} // namespace

void Shared::add_options(CLI::App& app) {
    app.add_option("--store", store_url_, "The store, sqlite:PATH")
        ->envname("BUS_STORE")
        ->type_name("URL");
    app.add_flag("--json", json_, "Print for programs: one object a line, or one document");
    app.add_option("--color", colours_, "Colours: auto (on a terminal, without NO_COLOR)")
        ->check(CLI::IsMember{{"auto", "always", "never"}})
        ->type_name("WHEN")
        ->capture_default_str();
    app.add_flag("--progress", progress_,
                 "Show the progress of long work, even if standard error is not a terminal");
}

void Shared::on_parsed(CLI::App& command, std::function<int()> action) {
    command.callback([this, action = std::move(action)] { chosen_ = action; });
}

void Shared::on_parsed_alone(CLI::App& command, std::function<int()> action) {
    command.callback([this, &command, action = std::move(action)] {
        if (command.get_subcommands().empty()) {
            chosen_ = action;
        }
    });
}

int Shared::run_chosen() {
    const int code = chosen_();
    console_.flush();
    return code;
}

const std::string& Shared::store_url() const {
    if (store_url_.empty()) {
        throw UsageError{"no store is named: add --store sqlite:PATH, or set BUS_STORE to it"};
    }
    if (store_url_ == "memory") {
        throw UsageError{"only its own program can see a store in memory: name one in a file, "
                         "--store sqlite:PATH"};
    }
    if (!store_url_.starts_with(sqlite) || store_url_.size() == sqlite.size()) {
        std::error_code ignored;
        const bool file = std::filesystem::exists(store_url_, ignored);
        throw UsageError{fmt::format("'{}' is not a store: {}", terminal::printable(store_url_),
                                     file ? fmt::format("write --store sqlite:{}", store_url_)
                                          : "write --store sqlite:PATH with the path of a file")};
    }
    return store_url_;
}

std::string Shared::store_path() const {
    return store_url().substr(sqlite.size());
}

std::shared_ptr<EventStore> Shared::open_to_read() const {
    return open(store_url(), true);
}

std::shared_ptr<EventStore> Shared::open_to_write() const {
    // Reading comes first: it neither creates a store nor changes a file that is not a store.
    static_cast<void>(open_to_read());
    return open(store_url(), false);
}

std::shared_ptr<EventStore> Shared::open_or_create() const {
    return open(store_url(), false);
}

terminal::Look Shared::look() const {
    terminal::Look look = console_.out_look();
    if (colours_ == "never") {
        look.colours = false;
    } else if (colours_ == "always" && !look.colours) {
        look = terminal::forced_look(look);
    }
    return look;
}

bool Shared::shows_progress() const {
    return progress_ || console_.err_look().terminal;
}

void Shared::print(std::string_view text) {
    if (find_bad_utf8(text) == std::string_view::npos) {
        console_.out(text);
    } else {
        console_.out(valid_utf8(text));
    }
}

void Shared::print(const boost::json::object& object) {
    print(boost::json::serialize(object) + '\n');
}

void Shared::note(std::string_view text) {
    console_.err(fmt::format("bus: {}\n", terminal::printable(text)));
}

void Shared::check_interrupted() {
    if (console_.interrupted()) {
        throw Interrupted{};
    }
}

} // namespace bus::cli
