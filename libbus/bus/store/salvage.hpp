#pragma once

#include <bus/store/records.hpp>
#include <bus/store/verify.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// Gets the events out of a damaged store.
namespace bus {

/// Positions whose events could not be saved.
struct LeftOut {
    Position first = 0;
    Position last = 0;
    std::string why{}; ///< a part of a sentence
};

/// What salvage() has found.
struct SalvageReport {
    std::uint64_t events = 0;    ///< saved
    std::uint64_t unchecked = 0; ///< of those, written before there were checksums
    Position first_position = 0; ///< of the events that there must be
    Position last_position = 0;
    std::vector<LeftOut> left_out{}; ///< in order
    /// What else who relies on it has to know, a sentence each: that nothing says where the log
    /// ends, that a write-ahead log is not of this file.
    std::vector<std::string> doubts{};

    [[nodiscard]] bool complete() const noexcept { return left_out.empty() && doubts.empty(); }
};

/// Goes through the pages of a store file one by one, whatever SQLite says of it, and gives `use`
/// each event that is as it was written, in order of position. A row is known by its checksum, so
/// nothing is taken for an event that was none; where the tree over the pages or the header of the
/// file is gone, nothing is lost by that alone. What the write-ahead log beside the file has is
/// read with it if it belongs to it. Nothing is changed. Needs 16 bytes of memory an event.
///
/// Ends on any file. Throws StoreError if the file cannot be read at all, or if nothing in it is of
/// a store. What `use` throws ends it too, but for CodecError: that event is left out.
SalvageReport salvage(const std::filesystem::path& path,
                      const std::function<void(const StoredEvent&)>& use,
                      const std::function<void(const VerifyProgress&)>& progress = {});

} // namespace bus
