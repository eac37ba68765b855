#pragma once

#include <agents/notification/message.hpp>

#include <string>
#include <utility>

namespace bus::agents {

/// A way to reach people: a log, a mailbox, a chat. A channel belongs to one agent and is never
/// called by two threads at the same time.
class Channel {
public:
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    /// The name by which rules refer to the channel.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Returns when the message is handed over, and throws if it cannot be. A bus::Failure decides
    /// whether and when the message is sent again; other exceptions are converted by Failure::from.
    virtual void send(const Message& message) = 0;

protected:
    /// `name` must be unique within the agent.
    explicit Channel(std::string name) : name_{std::move(name)} {}

private:
    std::string name_;
};

} // namespace bus::agents
