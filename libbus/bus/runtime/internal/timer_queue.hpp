#pragma once

#include <bus/runtime/runtime.hpp>

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace bus::internal {

/// Tasks by the time when they are due, ties in the order of their adding. Not thread safe. Tasks
/// are handed out, never destroyed here: what a task holds may call back when it goes, so it has
/// to go without a lock held.
template <class Time>
class TimerQueue {
public:
    using Id = Runtime::TimerId;

    Id add(Time due, Task task) {
        const Id id = ++last_id_;
        const auto entry = due_of_.emplace(id, due).first;
        try {
            tasks_.emplace(std::pair{due, id}, std::move(task));
        } catch (...) { // half of a timer would be found due and never be taken
            due_of_.erase(entry);
            throw;
        }
        return id;
    }

    /// The task that now will never run; none where it has been taken or never was.
    std::optional<Task> remove(Id id) {
        const auto found = due_of_.find(id);
        if (found == due_of_.end()) {
            return std::nullopt;
        }
        const auto place = tasks_.find(std::pair{found->second, id});
        std::optional<Task> task{std::move(place->second)};
        tasks_.erase(place);
        due_of_.erase(found);
        return task;
    }

    /// The first task, where it is due at `now`.
    std::optional<Task> take_due(Time now) {
        if (tasks_.empty() || tasks_.begin()->first.first > now) {
            return std::nullopt;
        }
        return remove(tasks_.begin()->first.second);
    }

    /// The first task, due or not.
    std::optional<Task> take_first() { return take_due(Time::max()); }

    [[nodiscard]] std::optional<Time> next_due() const {
        return tasks_.empty() ? std::nullopt : std::optional{tasks_.begin()->first.first};
    }

private:
    std::map<std::pair<Time, Id>, Task> tasks_;
    std::unordered_map<Id, Time> due_of_;
    Id last_id_ = 0;
};

} // namespace bus::internal
