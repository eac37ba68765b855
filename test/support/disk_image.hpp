#pragma once

#include "test/support/faulty_disk.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <vector>

/// What FaultyDisk knows about a file.
namespace test {

using Bytes = std::vector<char>;

/// One change of a file that is not synced yet.
struct Change {
    enum class Kind : std::uint8_t { write, truncate, remove };
    Kind kind = Kind::write;
    std::size_t offset = 0; ///< of a write; the new size of a truncation
    Bytes bytes;
};

/// A file as it is safe on the disk, and its changes that are not synced yet.
struct Image {
    bool exists = false;
    Bytes safe;
    std::vector<Change> pending;
    bool made_here = false; ///< its name is new in the folder, and not synced yet
    int open = 0;

    void apply(const Change& change) {
        switch (change.kind) {
        case Change::Kind::write:
            exists = true;
            safe.resize(std::max(safe.size(), change.offset + change.bytes.size()));
            std::copy(change.bytes.begin(), change.bytes.end(),
                      safe.begin() + static_cast<std::ptrdiff_t>(change.offset));
            break;
        case Change::Kind::truncate: safe.resize(std::min(safe.size(), change.offset)); break;
        case Change::Kind::remove:
            exists = false;
            safe.clear();
            break;
        }
    }

    void sync() {
        for (const Change& change : pending) {
            apply(change);
        }
        pending.clear();
        exists = true;
    }

    /// The folder was synced: a removal and the changes before it are safe.
    void sync_removal() {
        const auto is_removal = [](const Change& change) {
            return change.kind == Change::Kind::remove;
        };
        const auto last = std::find_if(pending.rbegin(), pending.rend(), is_removal).base();
        if (last != pending.begin()) {
            exists = false;
            safe.clear();
            pending.erase(pending.begin(), last);
        }
    }
};

/// The content of a file.
Bytes content(const std::filesystem::path& path);

/// Gives the file the content that is safe according to its image.
void write_back(const std::filesystem::path& path, const Image& image);

/// The power is off: some of the pending changes were written nevertheless.
void arrive(Image& image, const PowerLoss& loss, std::mt19937_64& dice);

} // namespace test
