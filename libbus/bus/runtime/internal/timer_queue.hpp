#pragma once

#include <bus/runtime/runtime.hpp>

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace bus::internal {

/// Tasks in the order of their due times; tasks due at the same time are in the order in which they
/// were added. Not thread safe. Tasks are handed out and never destroyed here: the destructor of
/// what a task holds may call back, so it must run without a lock.
template <class Time>
class TimerQueue {
public:
    using Id = Runtime::TimerId;

    Id add(Time due, Task task) {
        const Id id = ++last_id_;
        const auto entry = due_of_.emplace(id, due).first;
        try {
            tasks_.emplace(std::pair{due, id}, std::move(task));
        } catch (...) { // half a timer would be found due, but could never be taken
            due_of_.erase(entry);
            throw;
        }
        return id;
    }

    /// Removes a task, which then will never run. Returns none if it was already taken or never
    /// added.
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

    /// The first task if it is due at `now`, otherwise none.
    std::optional<Task> take_due(Time now) {
        if (tasks_.empty() || tasks_.begin()->first.first > now) {
            return std::nullopt;
        }
        return remove(tasks_.begin()->first.second);
    }

    /// The first task, whether it is due or not.
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
