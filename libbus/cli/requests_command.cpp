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
constexpr int wide = 140;
/// How much of a time is a day with the blank behind it, and how much goes to the minute.
constexpr std::size_t day = 11;
constexpr std::size_t minutes = 16;

struct RequestOptions {
    bool open = false;
    std::uint64_t after = 0;
    std::size_t limit = 50;
};

/// To the minute, where there is no room for more.
std::string asked_text(const RequestRecord& request, bool roomy) {
    return short_time(request.at).substr(0, roomy ? std::string::npos : minutes);
}

/// The same; without the day, where it is that of the request.
std::string done_text(const RequestRecord& request, bool roomy) {
    if (!request.done_at) {
        return {};
    }
    const std::string text =
        short_time(*request.done_at).substr(0, roomy ? std::string::npos : minutes);
    const bool same_day = text.substr(0, day) == short_time(request.at).substr(0, day);
    return roomy || !same_day ? text : text.substr(day);
}

int list(Shared& shared, const RequestOptions& options) {
    const auto store = shared.open_to_read();
    std::size_t left = options.limit == 0 ? EventStore::unlimited : options.limit;
    std::uint64_t after = options.after;
    const int width = shared.look().width;
    const bool roomy = width == 0 || width >= wide;
    terminal::Table table{{{"request", Align::right, "no."},
                           {"at (UTC)", Align::right},
                           {"done (UTC)", Align::right, "done"},
                           {"who"},
                           {"what"},
                           {"why"},
                           {"result"}}};
    Traces traces;
    bool any = false;
    while (left != 0) {
        const std::size_t most = std::min(left, requests_a_page);
        const std::vector<RequestRecord> page = store->requests(after, most, options.open);
        for (const RequestRecord& request : page) {
            after = request.number;
            if (traces.repeats(request)) {
                continue;
            }
            any = true;
            --left;
            if (shared.json()) {
                shared.print(json_of(request));
            } else {
                table.row({std::to_string(request.number), asked_text(request, roomy),
                           done_text(request, roomy), request.who, title_of(request), request.why,
                           request.done_at ? request.result : "not carried out yet"},
                          request.done_at ? Colour::none : Colour::yellow);
            }
        }
        if (page.size() < most) {
            break;
        }
    }
    if (!shared.json() && any) {
        shared.print(table.render(shared.look()));
    } else if (!any && !shared.json()) {
        shared.note(options.open ? "no request waits" : "nobody has asked for anything");
    }
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
