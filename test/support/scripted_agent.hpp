#pragma once

#include <bus/agent/agent.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace test {

/// An agent with handlers that a test writes in place:
///
///     auto agent = test::scripted("saver");
///     agent->handles<PingEvent, PongEvent>([](const PingEvent&, bus::Context&) { ... });
class ScriptedAgent final : public bus::Agent {
public:
    using OnGivenUp =
        std::function<void(const bus::DomainEvent&, const bus::Failure&, bus::Context&)>;

    explicit ScriptedAgent(std::string name) : Agent{std::move(name)} {}

    /// An agent that formerly had another name.
    ScriptedAgent(std::string name, const std::string& former)
        : Agent{std::move(name), bus::formerly(former)} {}

    /// Declares a handler of E that emits the other types.
    template <bus::AnyEventStruct E, bus::EventStruct... Emitted, class F>
    void handles(F handle) {
        on<E>(std::move(handle)).template emits<Emitted...>();
    }

    template <bus::EventStruct... Emitted>
    void gives_up_with(OnGivenUp handle) {
        emits_on_giving_up<Emitted...>();
        on_given_up_ = std::move(handle);
    }

    void on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                     bus::Context& context) override {
        if (on_given_up_) {
            on_given_up_(event, failure, context);
        }
    }

private:
    OnGivenUp on_given_up_;
};

inline std::unique_ptr<ScriptedAgent> scripted(std::string name) {
    return std::make_unique<ScriptedAgent>(std::move(name));
}

/// Attempts at a fixed distance, without jitter.
inline bus::RetryPolicy every(bus::Duration delay, std::uint32_t attempts) {
    return {.max_attempts = attempts,
            .initial_delay = delay,
            .factor = 1.0,
            .max_delay = delay,
            .jitter = 0.0};
}

} // namespace test
