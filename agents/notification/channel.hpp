#pragma once

#include <agents/notification/message.hpp>

#include <string>
#include <utility>

namespace bus::agents {

/// A way to tell somebody: a log, a mailbox, a chat. Called by one agent, never from two threads
/// at a time.
class Channel {
public:
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    /// By this rules name it.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Returns once the message is handed over. Throws where it is not: what a bus::Failure says
    /// decides whether and when it is tried again; any other exception counts as Failure::from
    /// says.
    virtual void send(const Message& message) = 0;

protected:
    explicit Channel(std::string name) : name_{std::move(name)} {}

private:
    std::string name_;
};

} // namespace bus::agents
