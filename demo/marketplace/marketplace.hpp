#pragma once

#include "demo/marketplace/bundle.hpp"
#include "demo/marketplace/bundle_cache.hpp"
#include "demo/marketplace/feed_reader.hpp"
#include "demo/marketplace/line_index.hpp"
#include "demo/marketplace/line_spool.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// Whether an order occurs for the first time in a line.
enum class Occurrence : std::uint8_t {
    first,
    repeated,           ///< the same line has occurred before
    repeated_otherwise, ///< the order has occurred with other content; the first line counts
};

/// One line of a feed. Blank lines are left out.
struct FeedLine {
    std::string feed;              ///< the path, or `standard input`
    std::uint64_t line_number = 0; ///< in that feed, from 1, including blank lines
    /// The order's id, or `line:N` if the line has none or is rejected. In the second of several
    /// feeds it is `line:N@2`, and so on, so that keys are unique.
    std::string key;
    /// If the line has no order id: a UUIDv5 of its text. It identifies the line if the same feed
    /// is read again. Empty otherwise.
    std::string fingerprint{};
    Occurrence occurrence = Occurrence::first;
};

/// The marketplace as a gateway: order bundles from NDJSON feeds, one feed after the other.
///
/// One thread calls next() to read further lines. Any thread may call bundle() for every key that
/// was read before. The lines are kept in a temporary file, and their index in another. Memory
/// holds only caches of a fixed size, such as the most recently used bundles. So the feeds may have
/// any number of lines.
class Marketplace {
public:
    struct Limits {
        /// Most bytes of a line. A longer line becomes a rejected order and is never in memory.
        std::size_t max_line = std::size_t{16} * 1024 * 1024;
        /// Most bytes of lines whose bundles are kept in memory.
        std::size_t cached = std::size_t{32} * 1024 * 1024;
        /// See FeedReader.
        std::function<bool()> interrupted = {};
    };

    /// Opens the feeds: paths, or `-` for standard input.
    /// @throws InputError if a feed cannot be opened; then no line of any feed was read
    /// @throws std::system_error if no temporary file can be created
    explicit Marketplace(const std::vector<std::string>& sources);
    Marketplace(const std::vector<std::string>& sources, Limits limits);

    /// The next line, or nothing after the last line of the last feed. For one thread only.
    /// @throws InputInterrupted as FeedReader says; InputError if reading a feed fails;
    /// std::system_error if writing the temporary file fails
    std::optional<FeedLine> next();

    /// The bundle of the first line with this key; null if no such line was read so far. The bundle
    /// of a rejected line holds its problem. For any thread.
    /// @throws std::system_error if the temporary file cannot be read
    std::shared_ptr<const Bundle> bundle(std::string_view key) const;

    /// How many bytes were read so far. For any thread.
    std::uint64_t bytes_read() const noexcept {
        return bytes_read_.load(std::memory_order_relaxed);
    }

    /// The size of all feeds in bytes; nothing if a feed is not a file. For any thread.
    std::optional<std::uint64_t> bytes_total() const noexcept { return bytes_total_; }

    /// The feeds that were read to their end and had only blank lines. This is not an error, but
    /// worth a notice. For the thread that calls next().
    const std::vector<std::string>& empty_feeds() const noexcept { return empty_feeds_; }

private:
    std::string key_of(const Bundle& bundle, std::uint64_t line_number) const;
    Occurrence note(const std::string& key, const FeedReader::Line& line,
                    std::shared_ptr<const Bundle> bundle);
    Bundle read(const LineIndex::Place& place) const;
    Bundle too_long(std::uint64_t length) const;

    Limits limits_;
    std::vector<std::unique_ptr<FeedReader>> feeds_;
    std::size_t feed_ = 0; // the index of the feed that is being read
    bool feed_has_lines_ = false;
    std::uint64_t bytes_of_read_feeds_ = 0;
    std::vector<std::string> empty_feeds_;
    std::optional<std::uint64_t> bytes_total_;
    std::atomic<std::uint64_t> bytes_read_ = 0;
    LineSpool spool_;

    mutable std::mutex mutex_; // guards the two members below
    mutable LineIndex places_;
    mutable BundleCache cache_;
};

} // namespace demo
