#include <bus/delivery/step_batch.hpp>

#include <string>

namespace bus {

void report(const StepBatch& batch, std::string_view agent, ObserverSink& sink) {
    for (std::size_t i = 0; i < batch.attempts.size(); ++i) {
        const Attempted& attempted = batch.attempts[i];
        if (const std::exception_ptr& error = batch.results[attempted.part].error) {
            if (!attempted.command) {
                sink.on_trouble("agent " + std::string{agent} + ": " + Failure::from(error).what());
                break;
            }
            continue;
        }
        if (!attempted.event) {
            continue;
        }
        if (!attempted.failure) {
            sink.on_handled(*attempted.event, agent);
            continue;
        }
        sink.on_failed(*attempted.event, agent, *attempted.failure);
        if (attempted.delivery && attempted.delivery->state == DeliveryState::dead) {
            sink.on_dead_lettered(*attempted.event, agent, *attempted.failure);
        }
    }
}

} // namespace bus
