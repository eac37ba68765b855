#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/requests_command.hpp>
#include <cli/terminal/table.hpp>
#include <cli/traces.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace bus::cli {

namespace {

using terminal::Align;
using terminal::Colour;

constexpr std::size_t requests_a_page = 1000;
/// From this width on times are told to the millisecond.
constexpr int roomy_from = 140;

struct RequestOptions {
    bool open = false;
    std::uint64_t after = 0;
    std::size_t limit = 50;
};

std::string time_text(Timestamp time, bool roomy) {
    return roomy ? short_time(time) : to_the_minute(time);
}

/// Without the day where room is short and it is that of the request.
std::string done_text(const RequestRecord& request, bool roomy) {
    if (!request.done_at) {
        return {};
    }
    constexpr std::size_t day = 11; // with the blank behind it
    const std::string text = time_text(*request.done_at, roomy);
    const bool same_day = short_time(request.at).starts_with(text.substr(0, day));
    return same_day && !roomy ? text.substr(day) : text;
}

/// Prints requests as they come for programs, and for people all together.
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
                    request.done_at ? request.result : "not carried out yet"},
                   request.done_at ? Colour::none : Colour::yellow);
    }

    void close(bool open) {
        if (!shared_.json() && any_) {
            shared_.print(table_.render(shared_.look()));
        } else if (!shared_.json()) {
            shared_.note(open ? "no request waits" : "nobody has asked for anything");
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

int list(Shared& shared, const RequestOptions& options) {
    const auto store = shared.open_to_read();
    std::size_t left = options.limit == 0 ? EventStore::unlimited : options.limit;
    std::uint64_t after = options.after;
    Traces traces;
    RequestPrinter printer{shared};
    while (left != 0) {
        const std::size_t most = std::min(left, requests_a_page);
        const std::vector<RequestRecord> page = store->requests(after, most, options.open);
        for (const RequestRecord& request : page) {
            after = request.number;
            if (!traces.repeats(request)) {
                --left;
                printer.add(request);
            }
        }
        if (page.size() < most) {
            break;
        }
    }
    printer.close(options.open);
    if (left == 0) {
        shared.note(
            fmt::format("there may be more: go on with --after {}, or give --limit 0", after));
    }
    return exit_code::done;
}

} // namespace

void add_requests(CLI::App& app, Shared& shared) {
    CLI::App& command = *app.add_subcommand(
        "requests", "What operators have asked for: who, why, and what came of it");
    const auto options = std::make_shared<RequestOptions>();
    command.add_flag("--open", options->open, "Only those that are not carried out yet");
    command.add_option("--after", options->after, "Only those with a higher number")
        ->check(whole_number())
        ->type_name("NUMBER");
    command.add_option("--limit", options->limit, "The most to show; 0: all")
        ->check(whole_number())
        ->capture_default_str()
        ->type_name("COUNT");
    shared.on_parsed(command, [&shared, options] { return list(shared, *options); });
}

} // namespace bus::cli
