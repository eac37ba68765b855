#pragma once

#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/agent/mailbox_runner.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace test {

/// The runner of one agent without a bus. The events that its steps emit go to `emitted`.
struct Solo {
    using Emitted = std::vector<std::shared_ptr<const bus::DomainEvent>>;

    explicit Solo(std::unique_ptr<bus::Agent> agent, std::shared_ptr<bus::Runtime> on)
        : runtime{std::move(on)}, hub{std::make_shared<bus::RunnerHub>(*runtime)} {
        runner = std::make_shared<bus::MailboxRunner>(
            std::move(agent), hub, [this](const Emitted& events) {
                const std::lock_guard lock{mutex};
                emitted.insert(emitted.end(), events.begin(), events.end());
            });
        runner->start();
        runner->open();
    }

    Solo(const Solo&) = delete;
    Solo& operator=(const Solo&) = delete;

    ~Solo() { runner->stop(); }

    std::shared_ptr<bus::Runtime> runtime;
    std::shared_ptr<bus::RunnerHub> hub;
    std::mutex mutex;
    Emitted emitted;
    std::shared_ptr<bus::MailboxRunner> runner;
};

} // namespace test
