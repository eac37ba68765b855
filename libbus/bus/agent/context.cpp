#include <bus/agent/context.hpp>
#include <bus/agent/step_effects.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/internal/utf8_error.hpp>
#include <bus/event/utf8.hpp>

#include <algorithm>
#include <stdexcept>

namespace bus {

namespace {

void check_utf8(const char* what, std::string_view text) {
    if (find_bad_utf8(text) != std::string_view::npos) {
        throw CodecError{what, internal::utf8_error(text)};
    }
}

} // namespace

Timestamp Context::now() const {
    return source_.now();
}

std::uint64_t Context::random() const {
    return source_.random();
}

std::optional<DeliveryRecord> Context::dead_letter(std::string_view agent,
                                                   const Uuid& event_id) const {
    return source_.dead_letter(agent, event_id);
}

std::string Context::idempotency_key(std::string_view purpose) const {
    return to_text(step_.event.event_id) + '/' + step_.agent + '/' + std::string{purpose};
}

std::optional<std::string> Context::state_text(std::string_view key) const {
    if (const auto written = effects_.states.find(key); written != effects_.states.end()) {
        return written->second;
    }
    return source_.state(key);
}

StatePage Context::state_page(std::string_view prefix,
                              const std::optional<std::string>& after) const {
    StatePage page = source_.states(prefix, after);
    detail::lay_over(page, effects_.states, prefix, after);
    return page;
}

void Context::set_state_text(std::string_view key, std::string json) {
    check_utf8("state key", key);
    effects_.states.insert_or_assign(std::string{key}, std::move(json));
}

void Context::erase_state(std::string_view key) {
    effects_.states.insert_or_assign(std::string{key}, std::nullopt);
}

void Context::redrive(const DeliveryRecord& dead_letter, std::string why) {
    check_utf8("why", why);
    effects_.commands.push_back({DeliveryAction::redrive, dead_letter.agent, dead_letter.position,
                                 "agent " + step_.agent, std::move(why)});
}

void Context::check_declared(const EventType& type) const {
    if (std::find(step_.may_emit.begin(), step_.may_emit.end(), &type) == step_.may_emit.end()) {
        throw std::logic_error{"agent " + step_.agent + " emits " + std::string{type.name()} +
                               " on " + std::string{step_.event.event_type()} +
                               " without having declared it: add it to the handler's emits<...>()"};
    }
}

void Context::stamp(DomainEvent& event) const {
    const DomainEvent& cause = step_.event;
    if (event.execution_id.empty()) {
        event.execution_id = cause.execution_id;
    }
    if (event.user_id.empty()) {
        event.user_id = cause.user_id;
    }
    if (event.causation_id.is_nil()) {
        event.causation_id = cause.event_id;
    }
}

void Context::emit(std::shared_ptr<const DomainEvent> event) {
    effects_.emitted.push_back(std::move(event));
}

TimerHandle Context::start_timer(Duration delay, std::shared_ptr<const DomainEvent> event) {
    const TimerHandle handle = source_.new_timer();
    effects_.timers.push_back({handle, delay, std::move(event)});
    return handle;
}

void Context::cancel(TimerHandle timer) {
    if (timer) {
        effects_.cancelled.push_back(timer);
    }
}

} // namespace bus
