#include <bus/store/memory/data.hpp>
#include <bus/store/memory_store.hpp>

#include <algorithm>

namespace bus {

Position MemoryStore::last_position() {
    const auto lock = data_->to_read();
    return data_->log.last();
}

Position MemoryStore::first_position() {
    const auto lock = data_->to_read();
    return data_->log.first();
}

Position MemoryStore::last_before(Timestamp time) {
    const auto lock = data_->to_read();
    return data_->log.last_before(time);
}

Position MemoryStore::first_dated_from(Timestamp time, Position after) {
    const auto lock = data_->to_read();
    return data_->log.first_dated_from(time, after);
}

Position MemoryStore::last_stored_before(Timestamp time, Timestamp now) {
    const auto lock = data_->to_read();
    internal::StoredBefore before{time, now};
    for (const internal::StoredTime& note : data_->stored_times) {
        before.add(note);
    }
    return before.through(data_->log.last());
}

std::vector<StoredEvent> MemoryStore::read(Position after, std::size_t limit) {
    const auto lock = data_->to_read();
    return data_->log.read(after, limit);
}

std::vector<StoredEvent> MemoryStore::read_type(std::string_view event_type, Position after,
                                                std::size_t limit) {
    const auto lock = data_->to_read();
    return data_->log.read_type(event_type, after, limit);
}

std::vector<StoredEvent> MemoryStore::read_execution(std::string_view execution_id, Position after,
                                                     std::size_t limit) {
    const auto lock = data_->to_read();
    return data_->log.read_execution(execution_id, after, limit);
}

std::vector<StoredEvent> MemoryStore::read_stream(std::string_view aggregate_type,
                                                  std::string_view aggregate_id,
                                                  std::uint64_t after_version, std::size_t limit) {
    const auto lock = data_->to_read();
    return data_->log.read_stream(aggregate_type, aggregate_id, after_version, limit);
}

std::optional<StoredEvent> MemoryStore::find(const Uuid& event_id) {
    const auto lock = data_->to_read();
    return data_->log.find(event_id);
}

std::optional<AgentRecord> MemoryStore::agent(std::string_view name) {
    const auto lock = data_->to_read();
    const Data::AgentData* data = data_->find(name);
    if (data == nullptr || !data->progress) {
        return std::nullopt;
    }
    return data->progress->record(std::string{name});
}

std::vector<AgentRecord> MemoryStore::agents() {
    const auto lock = data_->to_read();
    std::vector<AgentRecord> records;
    for (const auto& [name, data] : data_->agents) {
        if (data.progress) {
            records.push_back(data.progress->record(name));
        }
    }
    return records;
}

std::vector<DeliveryRecord> MemoryStore::deliveries(std::string_view agent, DeliveryState state,
                                                    Position after, std::size_t limit) {
    const auto lock = data_->to_read();
    std::vector<DeliveryRecord> records;
    if (const Data::AgentData* data = data_->find(agent)) {
        for (auto found = data->deliveries.upper_bound(after);
             found != data->deliveries.end() && records.size() < limit; ++found) {
            if (found->second.state == state) {
                records.push_back(found->second);
            }
        }
    }
    return records;
}

std::optional<DeliveryRecord> MemoryStore::delivery(std::string_view agent, Position position) {
    const auto lock = data_->to_read();
    const Data::AgentData* data = data_->find(agent);
    if (data == nullptr || !data->deliveries.contains(position)) {
        return std::nullopt;
    }
    return data->deliveries.at(position);
}

std::vector<DeliveryBrief> MemoryStore::delivery_briefs(std::string_view agent) {
    const auto lock = data_->to_read();
    std::vector<DeliveryBrief> briefs;
    if (const Data::AgentData* data = data_->find(agent)) {
        for (const auto& [position, delivery] : data->deliveries) {
            const bool not_ready = !delivery.attempts.empty() &&
                                   delivery.attempts.back().kind == FailureKind::not_ready;
            briefs.push_back({position, delivery.state, delivery.due, delivery.sequence, not_ready,
                              delivery.only_state});
        }
    }
    return briefs;
}

std::optional<BegunNote> MemoryStore::begun(std::string_view agent) {
    const auto lock = data_->to_read();
    const Data::AgentData* data = data_->find(agent);
    return data == nullptr || !data->progress ? std::nullopt : data->progress->begun;
}

std::optional<StateRecord> MemoryStore::state(std::string_view agent, std::string_view key) {
    const auto lock = data_->to_read();
    const Data::AgentData* data = data_->find(agent);
    if (data == nullptr) {
        return std::nullopt;
    }
    const auto found = data->states.find(key);
    if (found == data->states.end()) {
        return std::nullopt;
    }
    return StateRecord{found->first, found->second};
}

std::vector<StateRecord> MemoryStore::states(std::string_view agent, std::string_view prefix,
                                             std::string_view after_key, std::size_t limit) {
    const auto lock = data_->to_read();
    std::vector<StateRecord> records;
    const Data::AgentData* data = data_->find(agent);
    if (data == nullptr) {
        return records;
    }
    auto state = after_key.empty() || after_key < prefix ? data->states.lower_bound(prefix)
                                                         : data->states.upper_bound(after_key);
    for (;
         state != data->states.end() && state->first.starts_with(prefix) && records.size() < limit;
         ++state) {
        records.push_back({state->first, state->second});
    }
    return records;
}

std::vector<TimerRecord> MemoryStore::timers(Timestamp after_due, std::uint64_t after_number,
                                             std::size_t limit) {
    const auto lock = data_->to_read();
    std::vector<TimerRecord> records;
    for (auto next = data_->timers_by_due.upper_bound({after_due, after_number});
         next != data_->timers_by_due.end() && records.size() < limit; ++next) {
        records.push_back(data_->timers.at(next->second));
    }
    return records;
}

std::uint64_t MemoryStore::last_timer() {
    const auto lock = data_->to_read();
    return data_->last_timer;
}

std::uint64_t MemoryStore::count_timers() {
    const auto lock = data_->to_read();
    return data_->timers.size();
}

std::vector<EventCount> MemoryStore::count_events(Position after) {
    const auto lock = data_->to_read();
    return data_->log.count(after);
}

std::vector<Conservation> MemoryStore::conservation() {
    const auto lock = data_->to_read();
    std::vector<Conservation> accounts;
    for (const auto& [name, data] : data_->agents) {
        if (!data.progress) {
            continue;
        }
        Conservation& account = accounts.emplace_back();
        account.agent = name;
        account.delivered = data.progress->delivered;
        account.finished = data.progress->finished;
        account.discarded = data.progress->discarded;
        for (const auto& [position, delivery] : data.deliveries) {
            switch (delivery.state) {
            case DeliveryState::deferred: ++account.deferred; break;
            case DeliveryState::parked: ++account.parked; break;
            case DeliveryState::dead:
                ++account.dead;
                account.quarantined += delivery.quarantined ? 1 : 0;
                break;
            }
        }
    }
    return accounts;
}

std::vector<RequestRecord> MemoryStore::requests(std::uint64_t after, std::size_t limit,
                                                 bool open_only) {
    const auto lock = data_->to_read();
    std::vector<RequestRecord> records;
    for (auto next = data_->requests.upper_bound(after);
         next != data_->requests.end() && records.size() < limit; ++next) {
        if (!open_only || !next->second.done_at) {
            records.push_back(next->second);
        }
    }
    return records;
}

std::vector<RequestRecord> MemoryStore::newest_requests(std::uint64_t before, std::size_t limit,
                                                        bool open_only) {
    const auto lock = data_->to_read();
    std::vector<RequestRecord> records;
    auto next = before == 0 ? data_->requests.end() : data_->requests.lower_bound(before);
    while (next != data_->requests.begin() && records.size() < limit) {
        --next;
        if (!open_only || !next->second.done_at) {
            records.push_back(next->second);
        }
    }
    return records;
}

} // namespace bus
