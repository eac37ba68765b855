#include <agents/notification/log_channel.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/failure.hpp>

#include <boost/describe/class.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace bus::agents {

namespace {

struct Line {
    Timestamp time{};
    std::string notification_type;
    std::string idempotency_key;
    Uuid event_id{};
    std::string execution_id;
    std::string aggregate_id;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Line, (),
                      (time, notification_type, idempotency_key, event_id, execution_id,
                       aggregate_id, text))

/// A file that is open for appending; closed at the end of the scope.
class AppendFile {
public:
    explicit AppendFile(const std::filesystem::path& path)
        // 0600, as for the store: messages contain data of events.
        : descriptor_{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)} {}

    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;

    ~AppendFile() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }

    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

    /// The number of bytes written; none if the write failed, with the reason in errno.
    [[nodiscard]] std::optional<std::size_t> append(std::string_view text) const noexcept {
        ssize_t written = 0;
        do {
            written = ::write(descriptor_, text.data(), text.size());
        } while (written < 0 && errno == EINTR);
        return written < 0 ? std::nullopt : std::optional{static_cast<std::size_t>(written)};
    }

private:
    int descriptor_;
};

std::string complaint(const std::filesystem::path& path, const char* what, int error) {
    return "notification log " + path.string() + ": " + what + ": " +
           std::generic_category().message(error);
}

} // namespace

LogChannel::LogChannel(std::string name, std::filesystem::path path)
    : Channel{std::move(name)}, path_{std::move(path)} {
    if (!AppendFile{path_}.is_open()) {
        throw std::runtime_error{complaint(path_, "it cannot be opened for appending", errno) +
                                 "; name a file in a folder that exists and may be written"};
    }
}

void LogChannel::send(const Message& message) {
    const Line line{.time = message.time,
                    .notification_type = message.notification_type,
                    .idempotency_key = message.idempotency_key,
                    .event_id = message.event_id,
                    .execution_id = message.execution_id,
                    .aggregate_id = message.aggregate_id,
                    .text = message.text};
    // A line that was cut short is ended here, so that it does not spoil the next one.
    const std::string text = (torn_ ? "\n" : "") + to_json_text(line) + '\n';
    const AppendFile file{path_};
    if (!file.is_open()) {
        throw Failure::transient(complaint(path_, "it cannot be opened for appending", errno));
    }
    const std::optional<std::size_t> written = file.append(text);
    if (!written) {
        throw Failure::transient(complaint(path_, "the line was not written", errno));
    }
    if (*written < text.size()) {
        torn_ = true;
        throw Failure::transient("notification log " + path_.string() + ": only " +
                                 std::to_string(*written) + " of " + std::to_string(text.size()) +
                                 " bytes of the line were written; is the disk full?");
    }
    torn_ = false;
}

} // namespace bus::agents
