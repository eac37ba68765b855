#include <cli/checks.hpp>
#include <cli/errors.hpp>
#include <cli/event_filter.hpp>
#include <cli/terminal/text.hpp>
#include <cli/when.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bus::cli {

namespace {

constexpr std::size_t filter_page = 1000;

} // namespace

void EventFilter::add_options(CLI::App& command) {
    command.add_option("--stream", stream, "Only events of this stream, by version")
        ->type_name("TYPE/ID");
    command.add_option("--execution", execution, "Only events of this execution")->type_name("ID");
    command.add_option("--type", type, "Only events of this type, named as in the log")
        ->type_name("NAME");
    command
        .add_option("--since", since,
                    "Only events that happened at this time or later: a time, a day, or 2h for two "
                    "hours ago")
        ->type_name("TIME");
    command.add_option("--until", until, "Only events that happened before this time")
        ->type_name("TIME");
    command.add_option("--from", from, "Begin at this position")
        ->check(whole_number(1))
        ->type_name("POSITION");
    command.add_option("--to", to, "End with this position")
        ->check(whole_number(1))
        ->type_name("POSITION");
}

bool EventFilter::is_set() const {
    const EventFilter none;
    return !(stream.empty() && execution.empty() && type.empty() && since.empty() &&
             until.empty()) ||
           from != none.from || to != none.to;
}

EventSource::EventSource(EventStore& store, const EventFilter& filter, Timestamp now)
    : store_{store}, filter_{filter}, after_{filter.from == 0 ? 0 : filter.from - 1} {
    if (filter.from > filter.to) {
        throw UsageError{
            fmt::format("--from {} is after --to {}: there is no position between them",
                        filter.from, filter.to)};
    }
    if (!filter.stream.empty()) {
        const std::size_t slash = filter.stream.find('/');
        if (slash == std::string::npos) {
            throw UsageError{fmt::format(
                "'{}' is not a stream: write --stream TYPE/ID, as in --stream Order/4711",
                terminal::printable(filter.stream))};
        }
        aggregate_type_ = filter.stream.substr(0, slash);
        aggregate_id_ = filter.stream.substr(slash + 1);
    }
    if (!filter.since.empty()) {
        since_ = parse_when(filter.since, now);
    }
    if (!filter.until.empty()) {
        until_ = parse_when(filter.until, now);
    }
}

std::vector<StoredEvent> EventSource::next(std::size_t most) {
    std::vector<StoredEvent> page = read(std::min(most, filter_page));
    ended_ = page.size() < std::min(most, filter_page);
    if (!page.empty()) {
        after_ = std::max(after_, page.back().position);
        after_version_ = page.back().stream_version;
        ended_ = ended_ || page.back().position >= filter_.to;
    }
    std::erase_if(page, [this](const StoredEvent& event) { return !passes(event); });
    return page;
}

std::vector<StoredEvent> EventSource::read(std::size_t limit) {
    if (!filter_.stream.empty()) {
        return store_.read_stream(aggregate_type_, aggregate_id_, after_version_, limit);
    }
    if (!filter_.execution.empty()) {
        return store_.read_execution(filter_.execution, after_, limit);
    }
    if (!filter_.type.empty()) {
        return store_.read_type(filter_.type, after_, limit);
    }
    return store_.read(after_, limit);
}

bool EventSource::passes(const StoredEvent& event) const {
    const EventRecord& record = event.record;
    return event.position >= filter_.from && event.position <= filter_.to &&
           (filter_.execution.empty() || record.execution_id == filter_.execution) &&
           (filter_.type.empty() || record.event_type == filter_.type) &&
           (!since_ || record.occurred_at >= *since_) && (!until_ || record.occurred_at < *until_);
}

} // namespace bus::cli
