#include <bus/event/failure.hpp>

#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/operator_commands.hpp>
#include <cli/terminal/format.hpp>
#include <cli/terminal/text.hpp>
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

namespace bus::cli {

namespace {

constexpr std::size_t commands_a_part = 500;
constexpr Duration look_every = std::chrono::milliseconds{50};

std::string login() {
    if (const passwd* user = ::getpwuid(::getuid()); user != nullptr) {
        return user->pw_name;
    }
    return fmt::format("user {}", ::getuid());
}

/// What a request is about: `redrive of biller at 12`.
std::string title_of(const RequestRecord& request) {
    if (request.action == DeliveryAction::replay ||
        request.action == DeliveryAction::replay_with_effects) {
        return fmt::format("{} of {}", name_of(request.action), request.agent);
    }
    if (request.position != 0) {
        return fmt::format("{} of {} at {}", name_of(request.action), request.agent,
                           request.position);
    }
    return fmt::format("{} of {}, {}: {}", name_of(request.action), request.agent,
                       request.kind ? to_text(*request.kind) : "any kind",
                       request.error.value_or("any error"));
}

void say(Shared& shared, const RequestRecord& request, const std::string& result) {
    if (shared.json()) {
        shared.print(json_of(request));
    } else {
        shared.print(terminal::printable(fmt::format("{}: {}", title_of(request), result)) + '\n');
    }
}

bool is_replay(const RequestRecord& request) {
    return request.action == DeliveryAction::replay ||
           request.action == DeliveryAction::replay_with_effects;
}

/// Puts the agent back, for its program to find.
void put_back_here(Shared& shared, EventStore& store, RequestRecord& request) {
    const AgentRecord agent = store.agent(request.agent).value_or(AgentRecord{});
    const Position first =
        std::min(std::max(request.position, store.first_position()), agent.checkpoint + 1);
    request.at = shared.console().now();
    request.number = store.ask(request);
    request.done_at = request.at;
    request.result = fmt::format("replays from position {}", first);
    Part part;
    part.agent = request.agent;
    part.replay = ReplayOrder{.after = first - 1,
                              .effects = request.action == DeliveryAction::replay_with_effects};
    part.answers.push_back({request.number, request.at, request.result});
    const PartResult result = store.commit({&part, 1}, true).front();
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    say(shared, request, request.result + ", once its program runs");
}

/// Does it in this process, which is the writer.
int carry_out_here(Shared& shared, EventStore& store, std::vector<Order>& orders) {
    for (Order& order : orders) {
        if (is_replay(order.request)) {
            put_back_here(shared, store, order.request);
            continue;
        }
        std::size_t changed = 0;
        for (std::size_t at = 0; at < order.letters.size(); at += commands_a_part) {
            Part part;
            part.commanded_at = shared.console().now();
            const std::size_t end = std::min(order.letters.size(), at + commands_a_part);
            for (std::size_t i = at; i < end; ++i) {
                part.commands.push_back({order.request.action, order.request.agent,
                                         order.letters[i], order.request.who, order.request.why});
            }
            const PartResult result = store.commit({&part, 1}, true).front();
            if (result.error) {
                std::rethrow_exception(result.error);
            }
            changed += result.changed.size();
        }
        const char* const verb =
            order.request.action == DeliveryAction::redrive ? "redriven" : "discarded";
        order.request.done_at = shared.console().now();
        order.request.result = fmt::format("{} {}", changed, verb);
        say(shared, order.request, order.request.result + ", as no host runs the store");
    }
    return exit_code::done;
}

std::optional<RequestRecord> answer_to(EventStore& store, std::uint64_t number) {
    auto found = store.requests(number - 1, 1, false);
    return found.empty() || !found.front().done_at ? std::nullopt
                                                   : std::optional{std::move(found.front())};
}

/// Asks the host, and waits for its answers.
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
        std::optional<RequestRecord> answer = answer_to(*store, order.request.number);
        while (!answer && shared.console().now() < until && !shared.console().interrupted()) {
            shared.console().pause(look_every);
            answer = answer_to(*store, order.request.number);
        }
        if (answer) {
            say(shared, *answer,
                fmt::format("{}, by {} after {} (request {})", answer->result, host.owner(),
                            terminal::format_duration(*answer->done_at - asked), answer->number));
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

/// Another `bus` at work carries out no requests.
bool is_host(const StoreInUse& writer) {
    return !writer.owner().starts_with("bus (");
}

} // namespace

void OperatorOptions::add_options(CLI::App& command) {
    who = login();
    command.add_option("--who", who, "Who asks, for the record: your login unless said")
        ->type_name("NAME");
    command.add_option("--why", why, "Why, for the record")->type_name("TEXT");
    command
        .add_option("--wait", wait,
                    "How long to wait for a running host to carry it out, in seconds")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->type_name("SECONDS");
    command.add_flag("--dry-run", dry_run, "Only say what would be done");
}

int carry_out(Shared& shared, const OperatorOptions& options, std::vector<Order> orders) {
    if (options.who.empty()) {
        throw UsageError{"--who is empty: say who asks, it is kept for the record"};
    }
    for (Order& order : orders) {
        order.request.who = options.who;
        order.request.why = options.why;
    }
    std::unique_ptr<EventStore> store;
    try {
        store = shared.open_to_write();
    } catch (const StoreInUse& host) {
        if (!is_host(host)) {
            throw;
        }
        return ask_host(shared, options, host, orders);
    }
    return carry_out_here(shared, *store, orders);
}

std::unique_ptr<EventStore> open_alone(Shared& shared, const std::string& what,
                                       const std::string& instead) {
    try {
        return shared.open_to_write();
    } catch (const StoreInUse& host) {
        throw StoreInUse{fmt::format("cannot {} while {} runs the store {}: stop that one first{}",
                                     what, host.owner(), shared.store_url(),
                                     instead.empty() ? "" : ", or let it call " + instead),
                         host.owner()};
    }
}

} // namespace bus::cli
