#include <bus/event/utf8.hpp>

#include <cli/carry_out.hpp>
#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/text.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

namespace bus::cli {

namespace {

constexpr Duration look_every = std::chrono::milliseconds{50};

std::string login() {
    if (const passwd* user = ::getpwuid(::getuid()); user != nullptr) {
        return user->pw_name;
    }
    return fmt::format("user {}", ::getuid());
}

std::optional<RequestRecord> answer_to(EventStore& store, std::uint64_t number) {
    auto found = store.requests(number - 1, 1, false);
    return found.empty() || !found.front().done_at ? std::nullopt
                                                   : std::optional{std::move(found.front())};
}

bool is_replay(const RequestRecord& request) {
    return request.action == DeliveryAction::replay ||
           request.action == DeliveryAction::replay_with_effects;
}

/// Whether the host has answered the request but refused it. The state of the store shows this.
bool was_refused(EventStore& store, const RequestRecord& request) {
    return (request.action == DeliveryAction::forget && store.agent(request.agent)) ||
           (request.action == DeliveryAction::prune &&
            store.first_position() <= request.position) ||
           (is_replay(request) && request.result.starts_with("nothing"));
}

/// Whether the host has put the agent back, but does not run it.
bool waits_for_its_program(const RequestRecord& answer) {
    return is_replay(answer) && answer.result.ends_with(once_its_program_runs);
}

/// Waits for the answer to a request. If the host prunes, shows its progress.
std::optional<RequestRecord> wait_for_answer(Shared& shared, EventStore& store,
                                             const RequestRecord& request, Timestamp until) {
    std::optional<WorkProgress> progress;
    const Position first = store.first_position();
    if (request.action == DeliveryAction::prune) {
        progress.emplace(shared, "events removed", std::max(request.position + 1, first) - first);
    }
    std::optional<RequestRecord> answer = answer_to(store, request.number);
    while (!answer && shared.console().now() < until && !shared.console().interrupted()) {
        shared.console().pause(look_every);
        if (progress && !shared.console().interrupted()) {
            progress->update(store.first_position() - first);
        }
        answer = answer_to(store, request.number);
    }
    return answer;
}

/// Prints the answer of the host. Returns an exit code.
int say_answer(Shared& shared, EventStore& store, const RequestRecord& answer,
               const std::string& host, Timestamp asked) {
    const std::string by =
        fmt::format("by {} after {} (request {})", host,
                    terminal::format_duration(*answer.done_at - asked), answer.number);
    if (!was_refused(store, answer)) {
        say_done(shared, answer, by);
        if (!waits_for_its_program(answer)) {
            return exit_code::done;
        }
        shared.note(fmt::format("{0} does not run {1}: {1} was set back, and the replay begins "
                                "when a program with this agent runs",
                                host, answer.agent));
        return exit_code::queued;
    }
    if (shared.json()) {
        shared.print(json_of(answer));
    }
    shared.note(fmt::format("{}; refused {}", answer.result, by));
    return exit_code::store;
}

/// Makes the requests to the host, waits for its answers and prints them. Returns an exit code.
int ask_host(Shared& shared, const OperatorOptions& options, const StoreInUse& host,
             std::vector<Order>& orders) {
    const auto store = shared.open_to_read();
    shared.console().watch_interrupts();
    for (Order& order : orders) {
        order.request.at = shared.console().now();
        order.request.number = store->ask(order.request);
    }
    const Timestamp asked = shared.console().now();
    const Timestamp until =
        asked + Duration{std::llround(std::clamp(options.wait, 0.0, 1e9) * 1e6)};
    int code = exit_code::done;
    for (const Order& order : orders) {
        if (const auto answer = wait_for_answer(shared, *store, order.request, until)) {
            const int answered = say_answer(shared, *store, *answer, host.owner(), asked);
            code = answered == exit_code::done ? code : answered;
        } else {
            code = exit_code::queued;
            say(shared, order.request,
                fmt::format("not carried out yet by {}: request {} stays queued, see `bus "
                            "requests`",
                            host.owner(), order.request.number));
        }
    }
    shared.check_interrupted();
    return code;
}

/// Whether the writer is a host. Another `bus` command may be the writer too, but it carries out no
/// requests.
bool is_host(const StoreInUse& writer) {
    return !writer.owner().starts_with("bus (");
}

} // namespace

void check_utf8(const char* option, const std::string& text) {
    if (const std::size_t at = find_bad_utf8(text); at != std::string::npos) {
        throw UsageError{fmt::format("{} '{}' is not UTF-8 at byte {}, and is kept for the record: "
                                     "write it in UTF-8 (see `locale`)",
                                     option, terminal::printable(text), at)};
    }
}

void OperatorOptions::sign(RequestRecord& request) const {
    if (who.empty()) {
        throw UsageError{"--who is empty: say who asks, it is kept for the record"};
    }
    check_utf8("--who", who);
    check_utf8("--why", why);
    request.who = who;
    request.why = why;
}

void OperatorOptions::add_options(CLI::App& command) {
    who = login();
    command.add_option("--who", who, "Who asks, for the record; your login by default")
        ->type_name("NAME");
    command.add_option("--why", why, "Why, for the record")->type_name("TEXT");
    command
        .add_option("--wait", wait,
                    "How long to wait for a running host to carry it out, in seconds")
        ->check(seconds())
        ->capture_default_str()
        ->type_name("SECONDS");
    command.add_flag("--dry-run", dry_run, "Only say what would be done");
}

boost::json::object json_of_dry_run(const RequestRecord& request, const OperatorOptions& options,
                                    std::uint64_t would_change) {
    boost::json::object object = json_of(request);
    object["request"] = nullptr;
    object["at"] = nullptr;
    object["who"] = options.who;
    object["why"] = options.why;
    object["would_change"] = would_change;
    return object;
}

int carry_out(Shared& shared, const OperatorOptions& options, std::vector<Order> orders) {
    for (Order& order : orders) {
        options.sign(order.request);
    }
    std::shared_ptr<EventStore> store;
    try {
        store = shared.open_to_write();
    } catch (const StoreInUse& host) {
        if (!is_host(host)) {
            throw;
        }
        return ask_host(shared, options, host, orders);
    }
    carry_out_here(shared, *store, orders);
    return exit_code::done;
}

} // namespace bus::cli
