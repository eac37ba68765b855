#include "demo/marketplace/marketplace.hpp"

#include "demo/marketplace/bundle_reader.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace demo {

namespace {

/// A UUIDv5 of the line's text. A line that is too long has no text here, so its length and number
/// are used instead.
std::string fingerprint_of(const FeedReader::Line& line) {
    const boost::uuids::name_generator_sha1 name(boost::uuids::ns::url());
    const std::string text =
        line.too_long ? fmt::format("{}:{}", line.number, line.length) : std::string(line.text);
    return boost::uuids::to_string(name(text));
}

} // namespace

Marketplace::Marketplace(const std::vector<std::string>& sources)
    : Marketplace(sources, Limits()) {}

Marketplace::Marketplace(const std::vector<std::string>& sources, Limits limits)
    : limits_(std::move(limits)), cache_(limits_.cached) {
    if (std::count(sources.begin(), sources.end(), "-") > 1)
        throw InputError("standard input (-) is named more than once, but can be read only once");
    std::uint64_t total = 0;
    bool known = true;
    for (const auto& source : sources) {
        const auto& feed = feeds_.emplace_back(
            std::make_unique<FeedReader>(source, limits_.max_line, limits_.interrupted));
        known = known && feed->size();
        total += feed->size().value_or(0);
    }
    if (known)
        bytes_total_ = total;
}

std::optional<FeedLine> Marketplace::next() {
    for (; feed_ < feeds_.size(); ++feed_) {
        FeedReader& feed = *feeds_[feed_];
        const auto line = feed.next();
        bytes_read_.store(bytes_of_read_feeds_ + feed.bytes_read(), std::memory_order_relaxed);
        if (line) {
            feed_has_lines_ = true;
            auto bundle = std::make_shared<const Bundle>(line->too_long ? too_long(line->length)
                                                                        : read_bundle(line->text));
            FeedLine result{feed.name(), line->number, key_of(*bundle, line->number)};
            if (bundle->order_id.empty())
                result.fingerprint = fingerprint_of(*line);
            result.occurrence = note(result.key, *line, std::move(bundle));
            return result;
        }
        if (!std::exchange(feed_has_lines_, false))
            empty_feeds_.push_back(feed.name());
        bytes_of_read_feeds_ += feed.bytes_read();
        feeds_[feed_].reset();
    }
    return std::nullopt;
}

std::string Marketplace::key_of(const Bundle& bundle, std::uint64_t line_number) const {
    if (!bundle.order_id.empty())
        return bundle.order_id;
    return feed_ == 0 ? fmt::format("line:{}", line_number)
                      : fmt::format("line:{}@{}", line_number, feed_ + 1);
}

/// Keeps the line if its key is new. Returns how the line relates to earlier ones.
Occurrence Marketplace::note(const std::string& key, const FeedReader::Line& line,
                             std::shared_ptr<const Bundle> bundle) {
    const std::size_t hash = std::hash<std::string_view>()(line.text);
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = places_.find(key))
            return known->hash == hash && known->length == line.text.size()
                       ? Occurrence::repeated
                       : Occurrence::repeated_otherwise;
    }
    // only this thread adds keys, so the lock need not be held during the write
    const std::uint64_t offset = line.too_long ? 0 : spool_.append(line.text);
    const std::lock_guard lock(mutex_);
    places_.add(key, {offset, line.too_long ? line.length : line.text.size(), hash, line.too_long});
    cache_.add(key, std::move(bundle), line.text.size());
    return Occurrence::first;
}

std::shared_ptr<const Bundle> Marketplace::bundle(std::string_view key) const {
    LineIndex::Place place;
    {
        const std::lock_guard lock(mutex_);
        if (auto cached = cache_.find(key))
            return cached;
        const auto known = places_.find(key);
        if (!known)
            return nullptr;
        place = *known;
    }
    auto bundle = std::make_shared<const Bundle>(read(place));
    const std::lock_guard lock(mutex_);
    cache_.add(key, bundle, place.too_long ? 0 : place.length);
    return bundle;
}

Bundle Marketplace::read(const LineIndex::Place& place) const {
    if (place.too_long)
        return too_long(place.length);
    return read_bundle(spool_.read(place.offset, place.length));
}

Bundle Marketplace::too_long(std::uint64_t length) const {
    Bundle bundle;
    bundle.ingest_problem.emplace(
        OrderError::line_too_long, std::string(),
        fmt::format("expected a line of at most {} bytes, found one of {}", limits_.max_line,
                    length));
    return bundle;
}

} // namespace demo
