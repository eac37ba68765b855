#include <bus/store/internal/part_rules.hpp>
#include <bus/store/memory_store.hpp>

#include <algorithm>
#include <mutex>

namespace bus {

std::vector<PartResult> MemoryStore::commit(std::span<const Part> parts, bool /*durable*/) {
    const std::unique_lock lock{mutex_};
    std::vector<PartResult> results;
    results.reserve(parts.size());
    for (const Part& part : parts) {
        results.push_back(commit_part(part));
    }
    return results;
}

PartResult MemoryStore::commit_part(const Part& part) {
    PartResult result;
    const std::size_t size_before = events_.size();
    try {
        check_agent(part);
        result.places.reserve(part.events.size());
        for (const NewEvent& event : part.events) {
            result.places.push_back(append(event));
        }
        write_agent(part);
        result.redriven = redrive(part);
    } catch (...) {
        truncate(size_before);
        result = {.error = std::current_exception()};
    }
    return result;
}

void MemoryStore::check_agent(const Part& part) const {
    if (internal::lacks_agent(part)) {
        throw internal::no_agent_error();
    }
    const AgentData* data = find_agent(part.agent);
    const bool known = data != nullptr && data->record;
    if (const std::exception_ptr refusal = internal::agent_refusal(
            part, known ? std::optional{data->record->checkpoint} : std::nullopt)) {
        std::rethrow_exception(refusal);
    }
}

PartResult::Place MemoryStore::append(const NewEvent& event) {
    const EventRecord& record = event.record;
    if (const auto found = by_id_.find(record.event_id); found != by_id_.end()) {
        const StoredEvent& kept = events_[found->second - 1];
        if (kept.record != record) {
            throw IdConflict{record.event_id};
        }
        return {kept.position, kept.stream_version, true};
    }
    const auto stream = streams_.find(StreamView{record.aggregate_type, record.aggregate_id});
    const std::uint64_t head = stream == streams_.end() ? 0 : stream->second.size();
    if (event.expected_version && *event.expected_version != head) {
        throw VersionConflict{internal::stream_name(record), *event.expected_version, head};
    }
    const Position position = events_.size() + 1;
    events_.push_back({position, head + 1, record, nullptr});
    by_id_.emplace(record.event_id, position);
    by_type_[record.event_type].push_back(position);
    by_execution_[record.execution_id].push_back(position);
    streams_[{record.aggregate_type, record.aggregate_id}].push_back(position);
    return {position, head + 1, false};
}

void MemoryStore::truncate(std::size_t size) {
    const auto drop_last = [](auto& index, auto key, Position position) {
        const auto found = index.find(key);
        if (found != index.end() && !found->second.empty() && found->second.back() == position) {
            found->second.pop_back();
            if (found->second.empty()) {
                index.erase(found);
            }
        }
    };
    while (events_.size() > size) {
        const StoredEvent& last = events_.back();
        const EventRecord& record = last.record;
        by_id_.erase(record.event_id);
        drop_last(by_type_, std::string_view{record.event_type}, last.position);
        drop_last(by_execution_, std::string_view{record.execution_id}, last.position);
        drop_last(streams_, StreamView{record.aggregate_type, record.aggregate_id}, last.position);
        events_.pop_back();
    }
}

void MemoryStore::write_agent(const Part& part) {
    for (const DeliveryRecord& delivery : part.put_deliveries) {
        DeliveryRecord kept = internal::as_kept(part, delivery);
        std::map<Position, DeliveryRecord>& all = agents_[kept.agent].deliveries;
        all[kept.position] = std::move(kept);
    }
    if (part.agent.empty()) {
        return;
    }
    AgentData& data = agents_[part.agent];
    if (part.start && !data.record) {
        data.record = AgentRecord{part.agent, *part.start, *part.start, 0};
    }
    if (data.record) {
        AgentRecord& record = *data.record;
        record.checkpoint = std::max(record.checkpoint, part.checkpoint.value_or(0));
        record.finished += part.finished;
    }
    for (const Position position : part.erase_deliveries) {
        data.deliveries.erase(position);
    }
    for (const StateRecord& state : part.put_states) {
        data.states.insert_or_assign(state.key, state.json);
    }
    for (const std::string& key : part.erase_states) {
        data.states.erase(key);
    }
}

std::vector<DeliveryRecord> MemoryStore::redrive(const Part& part) {
    std::vector<DeliveryRecord> redriven;
    for (const RedriveRequest& request : part.redrives) {
        const auto agent = agents_.find(request.agent);
        if (agent == agents_.end()) {
            continue;
        }
        const auto delivery = agent->second.deliveries.find(request.position);
        if (delivery != agent->second.deliveries.end() && internal::redrive(delivery->second)) {
            redriven.push_back(delivery->second);
        }
    }
    return redriven;
}

Position MemoryStore::last_position() {
    const std::shared_lock lock{mutex_};
    return events_.size();
}

std::vector<StoredEvent> MemoryStore::read(Position after, std::size_t limit) {
    const std::shared_lock lock{mutex_};
    if (after >= events_.size()) {
        return {};
    }
    const auto first = events_.begin() + static_cast<std::ptrdiff_t>(after);
    const std::size_t count = std::min<std::size_t>(limit, events_.size() - after);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<StoredEvent> MemoryStore::read_type(std::string_view event_type, Position after,
                                                std::size_t limit) {
    const std::shared_lock lock{mutex_};
    const auto found = by_type_.find(event_type);
    return page(found == by_type_.end() ? nullptr : &found->second, after, limit);
}

std::vector<StoredEvent> MemoryStore::read_execution(std::string_view execution_id, Position after,
                                                     std::size_t limit) {
    const std::shared_lock lock{mutex_};
    const auto found = by_execution_.find(execution_id);
    return page(found == by_execution_.end() ? nullptr : &found->second, after, limit);
}

std::vector<StoredEvent> MemoryStore::read_stream(std::string_view aggregate_type,
                                                  std::string_view aggregate_id,
                                                  std::uint64_t after_version, std::size_t limit) {
    const std::shared_lock lock{mutex_};
    const auto found = streams_.find(StreamView{aggregate_type, aggregate_id});
    if (found == streams_.end() || after_version >= found->second.size()) {
        return {};
    }
    // Versions count from 1 without holes, so the event of version v is at v - 1.
    const Position after = after_version == 0 ? 0 : found->second[after_version - 1];
    return page(&found->second, after, limit);
}

std::optional<StoredEvent> MemoryStore::find(const Uuid& event_id) {
    const std::shared_lock lock{mutex_};
    const auto found = by_id_.find(event_id);
    if (found == by_id_.end()) {
        return std::nullopt;
    }
    return events_[found->second - 1];
}

std::optional<AgentRecord> MemoryStore::agent(std::string_view name) {
    const std::shared_lock lock{mutex_};
    const AgentData* data = find_agent(name);
    return data == nullptr ? std::nullopt : data->record;
}

std::vector<AgentRecord> MemoryStore::agents() {
    const std::shared_lock lock{mutex_};
    std::vector<AgentRecord> records;
    for (const auto& [name, data] : agents_) {
        if (data.record) {
            records.push_back(*data.record);
        }
    }
    return records;
}

std::vector<DeliveryRecord> MemoryStore::deliveries(std::string_view agent, DeliveryState state) {
    const std::shared_lock lock{mutex_};
    std::vector<DeliveryRecord> records;
    if (const AgentData* data = find_agent(agent)) {
        for (const auto& [position, delivery] : data->deliveries) {
            if (delivery.state == state) {
                records.push_back(delivery);
            }
        }
    }
    return records;
}

std::optional<DeliveryRecord> MemoryStore::delivery(std::string_view agent, Position position) {
    const std::shared_lock lock{mutex_};
    const AgentData* data = find_agent(agent);
    if (data == nullptr || !data->deliveries.contains(position)) {
        return std::nullopt;
    }
    return data->deliveries.at(position);
}

std::optional<StateRecord> MemoryStore::state(std::string_view agent, std::string_view key) {
    const std::shared_lock lock{mutex_};
    const AgentData* data = find_agent(agent);
    if (data == nullptr) {
        return std::nullopt;
    }
    const auto found = data->states.find(key);
    if (found == data->states.end()) {
        return std::nullopt;
    }
    return StateRecord{found->first, found->second};
}

std::vector<StateRecord> MemoryStore::states(std::string_view agent, std::string_view prefix) {
    const std::shared_lock lock{mutex_};
    std::vector<StateRecord> records;
    if (const AgentData* data = find_agent(agent)) {
        for (auto state = data->states.lower_bound(prefix);
             state != data->states.end() && state->first.starts_with(prefix); ++state) {
            records.push_back({state->first, state->second});
        }
    }
    return records;
}

const MemoryStore::AgentData* MemoryStore::find_agent(std::string_view name) const {
    const auto found = agents_.find(name);
    return found == agents_.end() ? nullptr : &found->second;
}

std::vector<StoredEvent> MemoryStore::page(const std::vector<Position>* positions, Position after,
                                           std::size_t limit) const {
    std::vector<StoredEvent> events;
    if (positions == nullptr) {
        return events;
    }
    const auto first = std::upper_bound(positions->begin(), positions->end(), after);
    const auto left = static_cast<std::size_t>(positions->end() - first);
    const std::size_t count = std::min(limit, left);
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        events.push_back(events_[first[static_cast<std::ptrdiff_t>(i)] - 1]);
    }
    return events;
}

} // namespace bus
