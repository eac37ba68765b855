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

/// Whether a line tells of an order for the first time.
enum class Occurrence : std::uint8_t {
    first,
    repeated,           ///< the same line as before
    repeated_otherwise, ///< the order was there before, with other content; the first one counts
};

/// One line of a feed, blank ones left out.
struct FeedLine {
    std::string feed;              ///< the path, or `standard input`
    std::uint64_t line_number = 0; ///< in that feed, from 1, blank lines counted
    /// The order's id; `line:N` where the line tells none or is rejected (in the second of several
    /// feeds `line:N@2`, and so on, so that keys do not meet).
    std::string key;
    /// Of a line that tells no order: a UUIDv5 of its text, by which it is known again when the
    /// feed is given again. Empty otherwise.
    std::string fingerprint{};
    Occurrence occurrence = Occurrence::first;
};

/// The marketplace as a gateway: order bundles from NDJSON feeds, one after the other.
///
/// next() reads on, in one thread; bundle() then answers for every key read so far, in any thread.
/// Lines are kept in a temporary file, and their index in another; memory holds caches of a fixed
/// size, among them the bundles used last. So the feeds may have any number of lines.
class Marketplace {
public:
    struct Limits {
        /// Most bytes of a line. A longer one becomes a rejected order and is never held.
        std::size_t max_line = std::size_t{16} * 1024 * 1024;
        /// Most bytes of feed whose bundles are kept in memory.
        std::size_t cached = std::size_t{32} * 1024 * 1024;
        /// See FeedReader.
        std::function<bool()> interrupted = {};
    };

    /// Opens the feeds: paths, or `-` for standard input.
    /// @throws InputError where one cannot be read, before anything of the others is
    /// @throws std::system_error where no temporary file can be made
    explicit Marketplace(const std::vector<std::string>& sources);
    Marketplace(const std::vector<std::string>& sources, Limits limits);

    /// The next line, or nothing after the last one of the last feed. One thread.
    /// @throws InputInterrupted as FeedReader says; InputError where reading fails;
    /// std::system_error where the temporary file does
    std::optional<FeedLine> next();

    /// What the first line with that key says; null where none was read so far. The bundle of a
    /// rejected line holds its problem. Any thread.
    /// @throws std::system_error where the temporary file cannot be read
    std::shared_ptr<const Bundle> bundle(std::string_view key) const;

    /// How much was read so far, in bytes. Any thread.
    std::uint64_t bytes_read() const noexcept {
        return bytes_read_.load(std::memory_order_relaxed);
    }

    /// How much there is in all; nothing where a feed is no file. Any thread.
    std::optional<std::uint64_t> bytes_total() const noexcept { return bytes_total_; }

    /// The feeds that were read to their end and had no line but blank ones. Worth a notice, since
    /// it is no error. For the thread that calls next().
    const std::vector<std::string>& empty_feeds() const noexcept { return empty_feeds_; }

private:
    std::string key_of(const Bundle& bundle, std::uint64_t line_number) const;
    Occurrence note(const std::string& key, const FeedReader::Line& line,
                    std::shared_ptr<const Bundle> bundle);
    Bundle read(const LineIndex::Place& place) const;
    Bundle too_long(std::uint64_t length) const;

    Limits limits_;
    std::vector<std::unique_ptr<FeedReader>> feeds_;
    std::size_t feed_ = 0; // the one that is being read
    bool feed_has_lines_ = false;
    std::uint64_t bytes_of_read_feeds_ = 0;
    std::vector<std::string> empty_feeds_;
    std::optional<std::uint64_t> bytes_total_;
    std::atomic<std::uint64_t> bytes_read_ = 0;
    LineSpool spool_;

    mutable std::mutex mutex_; // of the two below
    mutable LineIndex places_;
    mutable BundleCache cache_;
};

} // namespace demo
