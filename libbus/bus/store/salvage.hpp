#pragma once

#include <bus/store/records.hpp>
#include <bus/store/verify.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// Recovers the events of a damaged store.
namespace bus {

/// A range of positions whose events could not be recovered.
struct LeftOut {
    Position first = 0; ///< first position
    Position last = 0;  ///< last position
    std::string why{};  ///< part of a sentence, for people
};

/// The result of salvage().
struct SalvageReport {
    std::uint64_t events = 0;    ///< recovered events
    std::uint64_t unchecked = 0; ///< recovered events that were written before there were checksums
    Position first_position = 0; ///< of the events that the store should hold
    Position last_position = 0;  ///< of the events that the store should hold
    std::vector<LeftOut> left_out{}; ///< in order of position
    /// Other reasons not to rely on the result, one sentence each. For example: nothing says where
    /// the log ends, or a write-ahead log does not belong to this file.
    std::vector<std::string> doubts{};

    /// True if no event is missing and there are no doubts.
    [[nodiscard]] bool complete() const noexcept { return left_out.empty() && doubts.empty(); }
};

/// Reads the pages of a store file one by one, whatever SQLite says about the file, and calls `use`
/// with each undamaged event, in order of position. A row counts as an event only if its checksum
/// is right, so nothing else is taken for an event. A destroyed tree over the pages or a destroyed
/// file header alone loses no event. A write-ahead log beside the file is read too if it belongs to
/// the file. Nothing is changed. Needs 16 bytes of memory for each event.
///
/// Terminates on any file. Throws StoreError if the file cannot be read at all, or if nothing in it
/// belongs to a store. If `use` throws a CodecError, that event is left out; any other exception of
/// `use` or `progress` ends salvage().
SalvageReport salvage(const std::filesystem::path& path,
                      const std::function<void(const StoredEvent&)>& use,
                      const std::function<void(const VerifyProgress&)>& progress = {});

} // namespace bus
