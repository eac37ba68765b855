#include <bus/event/utf8.hpp>

#include <cli/carry_out.hpp>
#include <cli/errors.hpp>
#include <cli/event_text.hpp>
#include <cli/terminal/text.hpp>
#include <cli/work_progress.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace bus::cli {

namespace {

constexpr std::size_t commands_a_part = 500;
constexpr std::size_t events_at_a_time = 1000;

PartResult commit(EventStore& store, const Part& part) {
    PartResult result = store.commit({&part, 1}, true).front();
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    return result;
}

/// Stores the request before anything is done. So if the work is cut short, who asked and why is
/// known.
void ask(Shared& shared, EventStore& store, RequestRecord& request) {
    request.at = shared.console().now();
    RequestRecord kept = request;
    kept.agent = valid_utf8(kept.agent); // an older version of libbus took any name
    request.number = store.ask(kept);
}

/// Stores the result of the request.
void answer(Shared& shared, EventStore& store, RequestRecord& request, std::string result) {
    request.done_at = shared.console().now();
    request.result = std::move(result);
    Part part;
    part.answers.push_back({request.number, *request.done_at, request.result});
    commit(store, part);
}

/// There is no request in the store: each changed delivery leaves a trace of its own.
void change_deliveries(Shared& shared, EventStore& store, Order& order) {
    RequestRecord& request = order.request;
    std::size_t changed = 0;
    for (std::size_t at = 0; at < order.letters.size(); at += commands_a_part) {
        Part part;
        part.commanded_at = shared.console().now();
        const std::size_t end = std::min(order.letters.size(), at + commands_a_part);
        for (std::size_t i = at; i < end; ++i) {
            part.commands.push_back({request.action,
                                     request.agent,
                                     order.letters[i],
                                     request.who,
                                     request.why,
                                     {},
                                     {}});
        }
        changed += commit(store, part).changed.size();
    }
    request.done_at = shared.console().now();
    request.result = fmt::format("{} {}", changed,
                                 request.action == DeliveryAction::redrive ? "redriven"
                                 : request.action == DeliveryAction::retry ? "retried"
                                                                           : "discarded");
}

/// Puts the agent back to an earlier position. It replays when a program runs it.
void put_back(Shared& shared, EventStore& store, RequestRecord& request) {
    const AgentRecord agent = store.agent(request.agent).value_or(AgentRecord{});
    const Position first =
        std::min(std::max(request.position, store.first_position()), agent.checkpoint + 1);
    ask(shared, store, request);
    request.done_at = request.at;
    request.result = fmt::format("replays from position {}", first);
    Part part;
    part.agent = request.agent;
    part.replay = ReplayOrder{.after = first - 1,
                              .effects = request.action == DeliveryAction::replay_with_effects};
    part.answers.push_back({request.number, request.at, request.result});
    commit(store, part);
}

void forget(Shared& shared, EventStore& store, RequestRecord& request) {
    ask(shared, store, request);
    const std::size_t unfinished = store.delivery_briefs(request.agent).size();
    request.done_at = shared.console().now();
    request.result = fmt::format("forgotten, with {} deliveries that had not finished", unfinished);
    store.forget(request.agent, RequestAnswer{request.number, *request.done_at, request.result});
}

/// If the store fails during the work, the request stays open, and the next host continues it.
void prune(Shared& shared, EventStore& store, RequestRecord& request) {
    ask(shared, store, request);
    std::uint64_t removed = 0;
    const auto result = [&] {
        return fmt::format("{} event{} removed", removed, removed == 1 ? "" : "s");
    };
    try {
        const Position first = store.first_position();
        WorkProgress progress{shared, "events removed",
                              std::max(request.position + 1, first) - first};
        for (std::size_t last = events_at_a_time; last == events_at_a_time; removed += last) {
            progress.update(removed);
            last = store.prune(request.position, events_at_a_time);
        }
    } catch (const Interrupted&) {
        answer(shared, store, request, result() + ", then interrupted");
        shared.note(result() + "; the same command continues");
        throw;
    } catch (const PruneRefused& refusal) {
        answer(shared, store, request,
               removed == 0 ? refusal.what()
                            : fmt::format("{}, then: {}", result(), refusal.what()));
        throw;
    }
    answer(shared, store, request, result());
}

/// If the work is cut short, the request stays open, and the next host continues it.
void prune_by_age(Shared& shared, EventStore& store, RequestRecord& request) {
    ask(shared, store, request);
    const bool streams = request.action == DeliveryAction::prune_streams;
    const Timestamp before = request.before.value_or(Timestamp::min());
    std::uint64_t removed = 0;
    for (std::size_t last = events_at_a_time; last == events_at_a_time; removed += last) {
        shared.check_interrupted();
        last = streams ? store.prune_streams(before, events_at_a_time)
                       : store.prune_requests(before, events_at_a_time);
    }
    answer(shared, store, request,
           fmt::format("{} {}{} removed", removed, streams ? "stream" : "request",
                       removed == 1 ? "" : "s"));
}

} // namespace

void say(Shared& shared, const RequestRecord& request, const std::string& how) {
    if (shared.json()) {
        shared.print(json_of(request));
    } else {
        shared.print(terminal::printable(fmt::format("{}: {}", title_of(request), how)) + '\n');
    }
}

void say_done(Shared& shared, const RequestRecord& request, const std::string& by) {
    say(shared, request, fmt::format("{}, {}", request.result, by));
}

void carry_out_here(Shared& shared, EventStore& store, std::vector<Order>& orders) {
    for (Order& order : orders) {
        RequestRecord& request = order.request;
        switch (request.action) {
        case DeliveryAction::redrive:
        case DeliveryAction::retry:
        case DeliveryAction::discard: change_deliveries(shared, store, order); break;
        case DeliveryAction::replay:
        case DeliveryAction::replay_with_effects:
            put_back(shared, store, request);
            say_done(shared, request, "once its program runs");
            continue;
        case DeliveryAction::forget: forget(shared, store, request); break;
        case DeliveryAction::prune: prune(shared, store, request); break;
        case DeliveryAction::prune_requests:
        case DeliveryAction::prune_streams: prune_by_age(shared, store, request); break;
        case DeliveryAction::rename: break; // a host is never asked to: see agents_command.cpp
        }
        say_done(shared, request, "as no host runs the store");
    }
}

} // namespace bus::cli
