#include "demo/marketplace/feed_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace demo {
namespace {

constexpr std::size_t buffer_size = std::size_t{256} * 1024;

std::string system_message(int error) {
    return std::generic_category().message(error);
}

int opened(const std::string& path) {
    int descriptor = -1;
    do
        descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0)
        throw InputError(fmt::format("cannot open the feed '{}': {}. Give an NDJSON file, or - for "
                                     "standard input",
                                     path, system_message(errno)));
    return descriptor;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

} // namespace

FeedReader::Descriptor::~Descriptor() {
    if (owned_)
        ::close(descriptor_);
}

FeedReader::FeedReader(std::string source, std::size_t max_line, std::function<bool()> interrupted)
    : name_(std::move(source)), max_line_(max_line), interrupted_(std::move(interrupted)) {
    const bool standard_input = name_ == "-";
    descriptor_ = std::make_unique<const Descriptor>(standard_input ? STDIN_FILENO : opened(name_),
                                                     !standard_input);
    if (standard_input)
        name_ = "standard input";

    struct stat status {};

    if (::fstat(descriptor_->get(), &status) != 0)
        throw InputError(
            fmt::format("cannot read the feed '{}': {}", name_, system_message(errno)));
    if (S_ISDIR(status.st_mode))
        throw InputError(
            fmt::format("the feed '{}' is a directory. Give an NDJSON file, or - for standard "
                        "input",
                        name_));
    if (S_ISREG(status.st_mode))
        size_ = static_cast<std::uint64_t>(status.st_size);
}

/// Reads more input into the empty buffer. Returns false at the end.
bool FeedReader::fill() {
    if (buffer_.empty())
        buffer_.resize(buffer_size);
    ssize_t count = ::read(descriptor_->get(), buffer_.data(), buffer_.size());
    while (count < 0 && errno == EINTR) {
        if (interrupted_ && interrupted_())
            throw InputInterrupted(fmt::format("reading the feed '{}' was interrupted", name_));
        count = ::read(descriptor_->get(), buffer_.data(), buffer_.size());
    }
    if (count < 0)
        throw InputError(fmt::format("reading the feed '{}' failed after line {}: {}", name_,
                                     line_number_, system_message(errno)));
    if (count == 0 && size_ && bytes_read_ < *size_ && name_ != "standard input")
        throw InputError(fmt::format("the feed '{}' became shorter while it was read: it had {} "
                                     "bytes and ended after {}. Run again when it is complete",
                                     name_, *size_, bytes_read_));
    bytes_read_ += static_cast<std::uint64_t>(count);
    unread_ = {buffer_.data(), static_cast<std::size_t>(count)};
    return count > 0;
}

/// Keeps a part of a line. If the line is too long, only counts the part.
void FeedReader::keep(std::string_view part) {
    pieces_length_ += part.size();
    pieces_end_in_cr_ = part.empty() ? pieces_end_in_cr_ : part.ends_with('\r');
    // one byte more than a line may have, for the CR of a CRLF
    if (pieces_length_ <= max_line_ + 1)
        pieces_ += part;
    else
        pieces_ = std::string();
}

std::optional<FeedReader::Line> FeedReader::next_raw() {
    pieces_.clear();
    pieces_length_ = 0;
    pieces_end_in_cr_ = false;
    std::string_view text;
    bool whole = false;
    for (bool ended = false; !ended;) {
        if (unread_.empty() && !fill()) {
            if (pieces_length_ == 0)
                return std::nullopt;
            break;
        }
        const auto end = unread_.find('\n');
        ended = end != std::string_view::npos;
        text = unread_.substr(0, end);
        unread_.remove_prefix(ended ? end + 1 : unread_.size());
        whole = ended && pieces_length_ == 0;
        if (!whole)
            keep(text);
    }
    std::uint64_t length = whole ? text.size() : pieces_length_;
    if (whole ? text.ends_with('\r') : pieces_end_in_cr_)
        --length;
    const bool too_long = length > max_line_;
    if (too_long)
        return Line{{}, ++line_number_, length, true};
    if (!whole)
        text = pieces_;
    return Line{text.substr(0, length), ++line_number_, length, false};
}

std::optional<FeedReader::Line> FeedReader::next() {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    while (auto line = next_raw()) {
        if (line->number == 1 && line->text.starts_with(byte_order_mark))
            line->text.remove_prefix(byte_order_mark.size());
        if (line->too_long || !is_blank(line->text))
            return line;
    }
    return std::nullopt;
}

} // namespace demo
