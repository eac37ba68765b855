#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/requests_command.hpp>
#include <cli/terminal/table.hpp>
#include <cli/terminal/text.hpp>
#include <cli/traces.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace bus::cli {

namespace {

using terminal::Align;
using terminal::Colour;

constexpr std::size_t requests_a_page = 1000;
constexpr Duration follow_every = std::chrono::milliseconds{200};
/// The least width at which times are printed to the millisecond.
constexpr int roomy_from = 140;

struct RequestOptions {
    bool open = false;
    bool follow = false;
    std::uint64_t after = 0;
    std::uint64_t before = 0;
    std::size_t limit = 50;
};

std::string time_text(Timestamp time, bool roomy) {
    return roomy ? short_time(time) : to_the_minute(time);
}

/// When the request was done. In a narrow table the day is left out if it is that of the request.
std::string done_text(const RequestRecord& request, bool roomy) {
    if (!request.done_at) {
        return {};
    }
    constexpr std::size_t day = 11; // including the blank after it
    const std::string text = time_text(*request.done_at, roomy);
    const bool same_day = short_time(request.at).starts_with(text.substr(0, day));
    return same_day && !roomy ? text.substr(day) : text;
}

std::string result_of(const RequestRecord& request) {
    return request.done_at ? request.result : "not carried out yet";
}

/// Prints requests: one by one for programs, as one table for people.
class RequestPrinter {
public:
    explicit RequestPrinter(Shared& shared)
        : shared_{shared}, roomy_{shared.look().width == 0 || shared.look().width >= roomy_from} {}

    void add(const RequestRecord& request) {
        any_ = true;
        if (shared_.json()) {
            shared_.print(json_of(request));
            return;
        }
        table_.row({std::to_string(request.number), time_text(request.at, roomy_),
                    done_text(request, roomy_), request.who, title_of(request), request.why,
                    result_of(request)},
                   request.done_at ? Colour::none : Colour::yellow);
    }

    void close(bool open) {
        if (!shared_.json() && any_) {
            shared_.print(table_.render(shared_.look()));
        } else if (!shared_.json()) {
            shared_.note(open ? "no requests are waiting" : "there are no requests");
        }
    }

private:
    Shared& shared_;
    bool roomy_;
    bool any_ = false;
    terminal::Table table_{{{"request", Align::right, "no."},
                            {"at (UTC)", Align::right},
                            {"done (UTC)", Align::right, "done"},
                            {"who"},
                            {"what"},
                            {"why"},
                            {"result"}}};
};

/// The requests of a page, the newest first, without traces that only repeat their request.
std::vector<RequestRecord> without_traces(std::vector<RequestRecord> page) {
    Traces traces; // needs them in the order in which they were made
    std::vector<RequestRecord> kept;
    // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot read libstdc++'s std::views
    for (auto request = page.rbegin(); request != page.rend(); ++request) {
        if (!traces.repeats(*request)) {
            kept.push_back(std::move(*request));
        }
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
}

int list(Shared& shared, const RequestOptions& options) {
    const auto store = shared.open_to_read();
    std::size_t left = options.limit == 0 ? EventStore::unlimited : options.limit;
    std::uint64_t before = options.before;
    bool more = true;
    RequestPrinter printer{shared};
    while (left != 0 && more) {
        const auto page = store->newest_requests(before, requests_a_page, options.open);
        more = page.size() == requests_a_page && page.back().number > options.after;
        for (const RequestRecord& request : without_traces(page)) {
            if (request.number <= options.after) {
                break;
            }
            if (left == 0) {
                more = true;
                break;
            }
            before = request.number;
            --left;
            printer.add(request);
        }
        before = left != 0 && !page.empty() ? page.back().number : before;
    }
    printer.close(options.open);
    if (more) {
        shared.note(fmt::format(
            "there are older ones: continue with --before {}, or give --limit 0", before));
    }
    return exit_code::done;
}

/// Prints requests and their answers as they arrive.
class RequestFollower {
public:
    RequestFollower(Shared& shared, EventStore& store, const RequestOptions& options)
        : shared_{shared}, store_{store}, options_{options} {
        const std::vector<RequestRecord> newest = store.newest_requests(0, 1, false);
        last_ = newest.empty() ? 0 : newest.front().number;
        if (options.after != 0) {
            last_ = options.after;
        }
        for (RequestRecord& request : store.requests(0, EventStore::unlimited, true)) {
            if (request.number <= last_) {
                open_.insert(request.number);
            }
        }
    }

    void look() {
        look_for_answers();
        for (;;) {
            const auto page = store_.requests(last_, requests_a_page, false);
            for (const RequestRecord& request : page) {
                last_ = request.number;
                if (!is_repeated(request)) {
                    print(request);
                }
                if (!request.done_at) {
                    open_.insert(request.number);
                }
            }
            if (page.size() < requests_a_page) {
                return;
            }
        }
    }

private:
    void look_for_answers() {
        for (auto number = open_.begin(); number != open_.end();) {
            const auto found = store_.requests(*number - 1, 1, false);
            const bool there = !found.empty() && found.front().number == *number;
            if (there && !found.front().done_at) {
                ++number;
                continue;
            }
            if (there && !options_.open) {
                print(found.front());
            }
            number = open_.erase(number);
        }
    }

    /// Whether the record is not worth a line of its own: it is a trace that says the same as the
    /// answer to its request.
    bool is_repeated(const RequestRecord& request) {
        if (request.part_of == 0) {
            return options_.open && request.done_at;
        }
        const auto [known, is_new] = about_one_.try_emplace(request.part_of, false);
        if (is_new) {
            const auto asked = store_.requests(request.part_of - 1, 1, false);
            known->second = !asked.empty() && asked.front().number == request.part_of &&
                            asked.front().position != 0;
        }
        return known->second || options_.open;
    }

    void print(const RequestRecord& request) {
        if (shared_.json()) {
            shared_.print(json_of(request));
            return;
        }
        const std::string why = request.why.empty() ? "" : fmt::format(" ({})", request.why);
        shared_.print(
            terminal::printable(fmt::format(
                "{}  {}  {}: {}{}: {}", short_time(request.done_at.value_or(request.at)),
                request.number, request.who, title_of(request), why, result_of(request))) +
            '\n');
    }

    Shared& shared_;
    EventStore& store_;
    const RequestOptions& options_;
    std::uint64_t last_ = 0;
    std::set<std::uint64_t> open_;            ///< known requests that are not answered yet
    std::map<std::uint64_t, bool> about_one_; ///< for requests with traces: about one delivery?
};

int follow(Shared& shared, const RequestOptions& options) {
    const auto store = shared.open_to_read();
    shared.console().watch_interrupts();
    RequestFollower follower{shared, *store, options};
    for (;;) {
        follower.look();
        shared.console().flush();
        shared.check_interrupted();
        shared.console().pause(follow_every);
        shared.check_interrupted();
    }
}

} // namespace

void add_requests(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "requests", "Requests of operators, the newest first: who asked, why, and the result");
    const auto options = std::make_shared<RequestOptions>();
    command.add_flag("--open", options->open, "Only those that are not carried out yet");
    command.add_option("--after", options->after, "Only those with a higher number")
        ->check(whole_number())
        ->type_name("NUMBER");
    CLI::Option* const before =
        command.add_option("--before", options->before, "Only those with a lower number")
            ->check(whole_number(1))
            ->type_name("NUMBER");
    CLI::Option* const limit =
        command.add_option("--limit", options->limit, "The most to show; 0: all")
            ->check(whole_number())
            ->capture_default_str()
            ->type_name("COUNT");
    command
        .add_flag("--follow", options->follow,
                  "New requests and answers as they come, until Ctrl-C (exit code 130)")
        ->excludes(before)
        ->excludes(limit);
    shared.on_parsed(command, [&shared, options] {
        return options->follow ? follow(shared, *options) : list(shared, *options);
    });
}

} // namespace bus::cli
