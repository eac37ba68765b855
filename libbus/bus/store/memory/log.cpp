#include <bus/store/internal/part_rules.hpp>
#include <bus/store/memory/log.hpp>

#include <algorithm>

namespace bus::internal {

PartResult::Place MemoryLog::append(const NewEvent& event) {
    const EventRecord& record = event.record;
    if (const auto found = by_id_.find(record.event_id); found != by_id_.end()) {
        const StoredEvent& kept = at(found->second);
        if (kept.record != record) {
            throw IdConflict{record.event_id};
        }
        return {kept.position, kept.stream_version, true};
    }
    const auto stream = streams_.find(StreamView{record.aggregate_type, record.aggregate_id});
    const std::uint64_t head = stream == streams_.end() ? 0 : stream->second.head;
    if (event.expected_version && *event.expected_version != head) {
        throw VersionConflict{stream_name(record), *event.expected_version, head};
    }
    const Position position = last() + 1;
    events_.push_back({position, head + 1, record, nullptr});
    by_id_.emplace(record.event_id, position);
    by_type_[record.event_type].push_back(position);
    by_execution_[record.execution_id].push_back(position);
    Stream& grown = streams_[{record.aggregate_type, record.aggregate_id}];
    grown.positions.push_back(position);
    grown.head = head + 1;
    return {position, head + 1, false};
}

void MemoryLog::truncate(Position last_kept) {
    const auto drop_last = [](auto& index, std::string_view key) {
        const auto found = index.find(key);
        found->second.pop_back();
        if (found->second.empty()) {
            index.erase(found);
        }
    };
    while (last() > last_kept) {
        const EventRecord& record = events_.back().record;
        by_id_.erase(record.event_id);
        drop_last(by_type_, record.event_type);
        drop_last(by_execution_, record.execution_id);
        const auto stream = streams_.find(StreamView{record.aggregate_type, record.aggregate_id});
        stream->second.positions.pop_back();
        if (--stream->second.head == 0) {
            streams_.erase(stream);
        }
        events_.pop_back();
    }
}

std::size_t MemoryLog::prune(Position through, std::size_t limit) {
    if (through < first_) {
        return 0;
    }
    const std::size_t there = std::min(through, last()) - first_ + 1;
    const std::size_t count = std::min(there, limit);
    const Position cut = first_ + count - 1;
    for (std::size_t i = 0; i < count; ++i) {
        const EventRecord& record = events_.front().record;
        by_id_.erase(record.event_id);
        forget_through(by_type_, record.event_type, cut);
        forget_through(by_execution_, record.execution_id, cut);
        Stream& stream =
            streams_.find(StreamView{record.aggregate_type, record.aggregate_id})->second;
        stream.ended_at = record.occurred_at;
        stream.positions.erase(
            stream.positions.begin(),
            std::upper_bound(stream.positions.begin(), stream.positions.end(), cut));
        events_.pop_front();
    }
    first_ = cut + 1;
    return count;
}

void MemoryLog::forget_through(Index<std::string>& index, std::string_view key, Position cut) {
    // The first pruned event of a key removes all pruned positions at once; the others find nothing
    // to do.
    const auto found = index.find(key);
    if (found == index.end()) {
        return;
    }
    std::vector<Position>& positions = found->second;
    positions.erase(positions.begin(), std::upper_bound(positions.begin(), positions.end(), cut));
    if (positions.empty()) {
        index.erase(found);
    }
}

std::vector<StoredEvent> MemoryLog::read(Position after, std::size_t limit) const {
    if (after >= last()) {
        return {};
    }
    const std::size_t skip = after < first_ ? 0 : after - first_ + 1;
    const auto first = events_.begin() + static_cast<std::ptrdiff_t>(skip);
    const std::size_t count = std::min(limit, events_.size() - skip);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<StoredEvent> MemoryLog::read_type(std::string_view event_type, Position after,
                                              std::size_t limit) const {
    const auto found = by_type_.find(event_type);
    return found == by_type_.end() ? std::vector<StoredEvent>{}
                                   : page_after(found->second, after, limit);
}

std::vector<StoredEvent> MemoryLog::read_execution(std::string_view execution_id, Position after,
                                                   std::size_t limit) const {
    const auto found = by_execution_.find(execution_id);
    return found == by_execution_.end() ? std::vector<StoredEvent>{}
                                        : page_after(found->second, after, limit);
}

std::vector<StoredEvent> MemoryLog::read_stream(std::string_view aggregate_type,
                                                std::string_view aggregate_id,
                                                std::uint64_t after_version,
                                                std::size_t limit) const {
    const auto found = streams_.find(StreamView{aggregate_type, aggregate_id});
    if (found == streams_.end()) {
        return {};
    }
    // Versions have no gaps, so the events in the log have the newest versions.
    const Stream& stream = found->second;
    const std::uint64_t pruned = stream.head - stream.positions.size();
    return page(stream.positions, after_version > pruned ? after_version - pruned : 0, limit);
}

std::optional<StoredEvent> MemoryLog::find(const Uuid& event_id) const {
    const auto found = by_id_.find(event_id);
    return found == by_id_.end() ? std::nullopt : std::optional{at(found->second)};
}

Position MemoryLog::last_before(Timestamp time) const {
    const auto first_not =
        std::find_if(events_.begin(), events_.end(),
                     [time](const StoredEvent& e) { return e.record.occurred_at >= time; });
    return first_not == events_.begin() ? 0 : std::prev(first_not)->position;
}

Position MemoryLog::first_dated_from(Timestamp time, Position after) const {
    const auto found = std::find_if(events_.begin(), events_.end(), [&](const StoredEvent& e) {
        return e.position > after && e.record.occurred_at >= time;
    });
    return found == events_.end() ? 0 : found->position;
}

std::size_t MemoryLog::prune_streams(Timestamp before, std::size_t limit) {
    std::size_t count = 0;
    for (auto next = streams_.begin(); next != streams_.end() && count < limit;) {
        const Stream& stream = next->second;
        if (stream.positions.empty() && stream.ended_at < before) {
            next = streams_.erase(next);
            ++count;
        } else {
            ++next;
        }
    }
    return count;
}

std::vector<StoredEvent> MemoryLog::page(const std::vector<Position>& positions, std::size_t skip,
                                         std::size_t limit) const {
    std::vector<StoredEvent> events;
    if (skip >= positions.size()) {
        return events;
    }
    const std::size_t count = std::min(limit, positions.size() - skip);
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        events.push_back(at(positions[skip + i]));
    }
    return events;
}

std::vector<StoredEvent> MemoryLog::page_after(const std::vector<Position>& positions,
                                               Position after, std::size_t limit) const {
    const auto first = std::upper_bound(positions.begin(), positions.end(), after);
    return page(positions, static_cast<std::size_t>(first - positions.begin()), limit);
}

std::vector<EventCount> MemoryLog::count(Position after) const {
    std::map<std::pair<std::string_view, std::uint32_t>, std::uint64_t> counts;
    for (Position position = std::max(after + 1, first_); position <= last(); ++position) {
        const EventRecord& record = at(position).record;
        ++counts[{record.event_type, record.event_version}];
    }
    std::vector<EventCount> result;
    result.reserve(counts.size());
    for (const auto& [type, events] : counts) {
        result.push_back({std::string{type.first}, type.second, events});
    }
    return result;
}

} // namespace bus::internal
