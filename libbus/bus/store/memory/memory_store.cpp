#include <bus/store/internal/part_rules.hpp>
#include <bus/store/memory/data.hpp>
#include <bus/store/memory_store.hpp>

#include <algorithm>
#include <iterator>

namespace bus {

MemoryStore::MemoryStore() : data_{std::make_unique<Data>()} {}

MemoryStore::~MemoryStore() {
    if (!data_->home.here()) {
        detail::leave_behind(std::move(data_));
    }
}

std::vector<PartResult> MemoryStore::commit(std::span<const Part> parts, bool /*durable*/) {
    const auto lock = data_->to_write();
    std::vector<PartResult> results;
    results.reserve(parts.size());
    const Position first = data_->log.last() + 1;
    for (const Part& part : parts) {
        results.push_back(data_->commit_part(part));
        if (results.back().error) {
            data_->chains.add(part);
        }
    }
    data_->note_stored(parts, first);
    return results;
}

std::uint64_t MemoryStore::ask(const RequestRecord& request) {
    internal::check_request(request);
    const auto lock = data_->to_write();
    return data_->keep(request);
}

std::size_t MemoryStore::prune(Position through, std::size_t limit) {
    const auto lock = data_->to_write();
    data_->refuse_pruning(std::min(through, data_->log.last()));
    return data_->prune(through, limit);
}

std::size_t MemoryStore::prune_requests(Timestamp before, std::size_t limit) {
    const auto lock = data_->to_write();
    const std::uint64_t newest = data_->newest_request();
    std::size_t count = 0;
    for (auto next = data_->requests.begin(); next != data_->requests.end() && count < limit;) {
        const auto& [number, request] = *next;
        if (number != newest && request.done_at && *request.done_at < before) {
            next = data_->requests.erase(next);
            ++count;
        } else {
            ++next;
        }
    }
    return count;
}

std::size_t MemoryStore::prune_streams(Timestamp before, std::size_t limit) {
    const auto lock = data_->to_write();
    return data_->log.prune_streams(before, limit);
}

bool MemoryStore::forget(std::string_view agent, const std::optional<RequestAnswer>& answer) {
    const auto lock = data_->to_write();
    if (answer) {
        data_->answer(*answer);
    }
    const bool timers = data_->erase_timers_of(agent);
    const auto found = data_->agents.find(agent);
    if (found == data_->agents.end()) {
        return timers;
    }
    const bool held = !found->second.holds_nothing();
    data_->agents.erase(found);
    return held || timers;
}

bool MemoryStore::rename_agent(std::string_view from, std::string_view to,
                               const RequestRecord& trace) {
    const auto lock = data_->to_write();
    if (!data_->holds(from)) {
        return false;
    }
    if (data_->holds(to)) {
        throw internal::name_taken_error(from, to, description());
    }
    data_->rename(from, to);
    data_->keep(trace);
    return true;
}

void MemoryStore::backup(const std::string& /*to*/) {
    data_->home.check("a store");
    throw StoreError{"a store in memory has no backup: use a SqliteStore"};
}

/// Writes at most one note a minute.
void MemoryStore::Data::note_stored(std::span<const Part> parts, Position first) {
    if (log.last() < first) {
        return;
    }
    const auto last = stored_times.empty() ? std::nullopt : std::optional{stored_times.back().at};
    if (const auto note = internal::next_note(last, parts.front().stored_at)) {
        stored_times.push_back({first, *note});
    }
}

/// Also removes the notes of stored positions that say nothing about the events in the log: see
/// prune_stored_times of the store on SQLite.
std::size_t MemoryStore::Data::prune(Position through, std::size_t limit) {
    const std::size_t count = log.prune(through, limit);
    const auto later =
        std::find_if(stored_times.begin(), stored_times.end(),
                     [&](const internal::StoredTime& note) { return note.position > log.first(); });
    if (count != 0 && later != stored_times.begin()) {
        const internal::StoredTime kept = *std::prev(later);
        std::erase_if(stored_times, [&](const internal::StoredTime& note) {
            return note.position < kept.position && note.at < kept.at;
        });
    }
    return count;
}

PartResult MemoryStore::Data::commit_part(const Part& part) {
    PartResult result;
    if ((result.error = refusal(part))) {
        return result;
    }
    const Position before = log.last();
    try {
        result.places.reserve(part.events.size());
        for (const NewEvent& event : part.events) {
            result.places.push_back(log.append(event));
        }
    } catch (...) {
        log.truncate(before);
        result = {.error = std::current_exception()};
        return result;
    }
    if (part.replay) {
        put_back(part);
    }
    write_agent(part);
    write_timers(part);
    result.changed = carry_out(part);
    for (const RequestAnswer& one : part.answers) {
        answer(one);
    }
    return result;
}

std::exception_ptr MemoryStore::Data::refusal(const Part& part) const {
    if (std::exception_ptr broken = chains.refusal(part)) {
        return broken;
    }
    if (std::exception_ptr shape = internal::shape_refusal(part)) {
        return shape;
    }
    const AgentData* data = find(part.agent);
    if (internal::needs_record(part) && (data == nullptr || !data->progress)) {
        return std::make_exception_ptr(internal::no_record_error(part.agent));
    }
    if (part.fires != 0 && !timers.contains(part.fires)) {
        return std::make_exception_ptr(TimerGone{part.fires});
    }
    return nullptr;
}

void MemoryStore::Data::put_back(const Part& part) {
    AgentData& data = agents[part.agent];
    if (part.start && data.progress) {
        return;
    }
    chains.add(part);
    data.states.clear();
    if (!data.progress) {
        data.progress = internal::AgentProgress::new_replaying(*part.replay, log.last());
        return;
    }
    if (part.replay->effects) {
        const Position after = std::min(part.replay->after, data.progress->checkpoint);
        data.deliveries.erase(data.deliveries.upper_bound(after), data.deliveries.end());
        erase_timers_of(part.agent);
    }
    std::vector<Position> unfinished;
    for (const auto& [position, delivery] : data.deliveries) {
        unfinished.push_back(position);
    }
    data.progress = data.progress->put_back(*part.replay, unfinished);
}

bool MemoryStore::Data::holds(std::string_view agent) const {
    const auto found = agents.find(agent);
    return (found != agents.end() && !found->second.holds_nothing()) ||
           std::any_of(timers.begin(), timers.end(),
                       [&](const auto& timer) { return timer.second.agent == agent; });
}

void MemoryStore::Data::rename(std::string_view from, std::string_view to) {
    if (const auto found = agents.find(from); found != agents.end()) {
        agents.erase(std::string{to}); // that entry is empty
        auto node = agents.extract(found);
        node.key() = to;
        for (auto& [position, delivery] : node.mapped().deliveries) {
            delivery.agent = to;
        }
        agents.insert(std::move(node));
    }
    for (auto& [number, timer] : timers) {
        if (timer.agent == from) {
            timer.agent = to;
        }
    }
}

bool MemoryStore::Data::erase_timers_of(std::string_view agent) {
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, timer] : timers) {
        if (timer.agent == agent && !agent.empty()) { // timers without an agent are the host's
            numbers.push_back(number);
        }
    }
    for (const std::uint64_t number : numbers) {
        erase_timer(number);
    }
    return !numbers.empty();
}

void MemoryStore::Data::write_agent(const Part& part) {
    if (!part.agent.empty()) {
        AgentData& data = agents[part.agent];
        if (part.start && !data.progress) {
            data.progress = internal::AgentProgress::beginning(*part.start);
        }
        if (data.progress) {
            data.progress->take(part);
        }
    }
    for (const DeliveryRecord& delivery : part.put_deliveries) {
        DeliveryRecord kept = internal::as_kept(part, delivery);
        kept.after_request = newest_request();
        std::map<Position, DeliveryRecord>& all = agents[kept.agent].deliveries;
        all[kept.position] = std::move(kept);
    }
    if (part.agent.empty()) {
        return;
    }
    AgentData& data = agents[part.agent];
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

void MemoryStore::Data::write_timers(const Part& part) {
    if (part.fires != 0) {
        erase_timer(part.fires);
    }
    for (const TimerRecord& timer : part.put_timers) {
        erase_timer(timer.number);
        timers.emplace(timer.number, timer);
        timers_by_due.emplace(timer.due, timer.number);
        last_timer = std::max(last_timer, timer.number);
    }
    for (const std::uint64_t number : part.erase_timers) {
        erase_timer(number);
    }
}

void MemoryStore::Data::erase_timer(std::uint64_t number) {
    if (const auto found = timers.find(number); found != timers.end()) {
        timers_by_due.erase({found->second.due, number});
        timers.erase(found);
    }
}

std::vector<PartResult::Changed> MemoryStore::Data::carry_out(const Part& part) {
    std::vector<PartResult::Changed> changed;
    for (const DeliveryCommand& command : part.commands) {
        const auto agent = agents.find(command.agent);
        std::optional<DeliveryRecord> delivery;
        if (agent != agents.end()) {
            const auto found = agent->second.deliveries.find(command.position);
            if (found != agent->second.deliveries.end()) {
                delivery = found->second;
            }
        }
        internal::CommandOutcome outcome = internal::carry_out(command, delivery);
        keep(internal::trace_of(part, command, std::move(outcome.result)));
        if (!outcome.changed) {
            continue;
        }
        if (command.action == DeliveryAction::discard) {
            agent->second.deliveries.erase(command.position);
            if (agent->second.progress) {
                ++agent->second.progress->discarded;
            }
        } else {
            agent->second.deliveries[command.position] = *delivery;
        }
        if (command.answer) {
            answer(*command.answer);
        }
        changed.push_back({command.action, std::move(*delivery)});
    }
    return changed;
}

void MemoryStore::Data::answer(const RequestAnswer& answer) {
    const auto found = requests.find(answer.number);
    if (found != requests.end() && !found->second.done_at) {
        found->second.done_at = answer.at;
        found->second.result = answer.result;
    }
}

std::uint64_t MemoryStore::Data::keep(RequestRecord request) {
    request.number = newest_request() + 1;
    const std::uint64_t number = request.number;
    requests.emplace(number, std::move(request));
    return number;
}

/// The newest request is never removed, so no number is used twice.
std::uint64_t MemoryStore::Data::newest_request() const {
    return requests.empty() ? 0 : requests.rbegin()->first;
}

void MemoryStore::Data::refuse_pruning(Position through) const {
    if (through < log.first()) {
        return;
    }
    for (const auto& [name, data] : agents) {
        if (data.progress && data.progress->checkpoint < through) {
            throw internal::behind_error(through, name, data.progress->checkpoint);
        }
    }
    for (const auto& [name, data] : agents) {
        const auto delivery = data.deliveries.lower_bound(log.first());
        if (delivery != data.deliveries.end() && delivery->first <= through) {
            throw internal::unfinished_error(through, name, delivery->first,
                                             delivery->second.state);
        }
    }
}

const MemoryStore::Data::AgentData* MemoryStore::Data::find(std::string_view agent) const {
    const auto found = agents.find(agent);
    return found == agents.end() ? nullptr : &found->second;
}

} // namespace bus
