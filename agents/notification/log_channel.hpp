#pragma once

#include <agents/notification/channel.hpp>

#include <filesystem>
#include <string>

namespace bus::agents {

/// Appends each message to a file as one line of JSON (NDJSON), with the members `time`,
/// `notification_type`, `idempotency_key`, `event_id`, `execution_id`, `aggregate_id`, `text` in
/// this order. Each line is a single write() to the end of the file, so several programs may share
/// the file. The file is opened anew for each line, so it may be rotated. A message counts as sent
/// when the operating system has the line; the line may not have reached the disk yet.
class LogChannel final : public Channel {
public:
    /// Creates the file (mode 0600) if it does not exist. Throws std::runtime_error, with the path
    /// and the reason, if the file cannot be opened for appending.
    LogChannel(std::string name, std::filesystem::path path);

    /// Throws Failure::transient if the file cannot be written (disk full, folder gone, ...), and
    /// CodecError if the text is not valid UTF-8.
    void send(const Message& message) override;

    /// The file as given at construction.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
    bool torn_ = false; ///< the last write stopped in the middle of a line
};

} // namespace bus::agents
