#pragma once

#include <agents/notification/channel.hpp>

#include <filesystem>
#include <string>

namespace bus::agents {

/// Appends each message to a file as one line of JSON (NDJSON), with the members `time`,
/// `notification_type`, `idempotency_key`, `event_id`, `execution_id`, `aggregate_id`, `text` in
/// this order. A line is one write() to the file's end, so that several programs may share the
/// file, and the file is opened anew for each, so that it may be rotated. "Sent" means that the
/// operating system has the line, not that the disk has it.
class LogChannel final : public Channel {
public:
    /// Makes the file (mode 0600) where it is not there. Throws std::runtime_error, naming the file
    /// and the reason, where it cannot be opened for appending.
    LogChannel(std::string name, std::filesystem::path path);

    /// Throws Failure::transient where the file cannot be written (disk full, folder gone, ...),
    /// and CodecError for text that is no valid UTF-8.
    void send(const Message& message) override;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    bool torn_ = false; ///< the file's last line was cut short
};

} // namespace bus::agents
