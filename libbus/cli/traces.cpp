#include <cli/event_text.hpp>
#include <cli/traces.hpp>

namespace bus::cli {

bool Traces::repeats(const RequestRecord& record) {
    if (!concerns_deliveries(record.action) || record.position == 0) {
        return false;
    }
    if (record.part_of != 0) {
        const auto parent = asked_.find({record.action, record.agent, record.position});
        return parent != asked_.end() && parent->second.number == record.part_of;
    }
    const auto [asked, first] =
        asked_.try_emplace({record.action, record.agent, record.position}, record);
    const RequestRecord& before = asked->second;
    // A trace is created when the work is done. The request was made earlier.
    const bool is_trace = record.done_at == record.at;
    const bool has_changed_it = before.done_at != before.at && before.result.starts_with("1 ");
    if (!first && is_trace && has_changed_it && before.at <= record.at &&
        before.who == record.who && before.why == record.why) {
        asked_.erase(asked); // a request has only one trace
        return true;
    }
    asked->second = record;
    return false;
}

} // namespace bus::cli
