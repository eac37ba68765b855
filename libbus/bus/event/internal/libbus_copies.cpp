#include <bus/event/internal/libbus_copies.hpp>
#include <bus/runtime/internal/system.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace bus::internal {

namespace {

constexpr std::array<char, 8> owner{"libbus"};

/// An ELF note in the file that this code is linked into. It can be found in each file of the
/// process, even if the file exports no symbol.
struct Note {
    std::uint32_t name_size = 7;
    std::uint32_t text_size = 4;
    std::uint32_t type = 0x627573; // bus
    std::array<char, 8> name = owner;
    std::array<char, 4> text{"0.2"};
};

[[gnu::used, gnu::section(".note.libbus"), gnu::aligned(4)]] const Note note;

constexpr std::size_t rounded(std::size_t size) noexcept {
    return (size + 3) / 4 * 4;
}

/// Whether a segment of notes contains our note.
bool has_our_note(const char* at, std::size_t size) noexcept {
    while (size >= 12) {
        std::array<std::uint32_t, 3> head{};
        std::memcpy(head.data(), at, 12);
        const std::size_t all = 12 + rounded(head[0]) + rounded(head[1]);
        if (all > size) {
            return false;
        }
        if (head[0] == note.name_size && head[2] == note.type &&
            std::memcmp(at + 12, owner.data(), head[0]) == 0) {
            return true;
        }
        at += all;
        size -= all;
    }
    return false;
}

/// Whether a file has a segment of this type for whose address and size `is` returns true.
template <class Is>
bool has_segment(const LoadedFile& file, LoadedFile::Holds holds, Is is) {
    return std::any_of(file.segments.begin(), file.segments.end(), [&](const auto& segment) {
        return segment.holds == holds && is(segment.begin, segment.size);
    });
}

struct Found {
    std::vector<std::string> files{};
    std::uint32_t own = 0; ///< index of the file with this copy
};

Found find_copies() {
    Found found;
    any_loaded_file([&found](const LoadedFile& file) {
        if (has_segment(file, LoadedFile::Holds::notes, has_our_note)) {
            const auto* const here = reinterpret_cast<const char*>(&note);
            if (has_segment(file, LoadedFile::Holds::content,
                            [here](const char* at, std::size_t size) {
                                return at <= here && here < at + size;
                            })) {
                found.own = static_cast<std::uint32_t>(found.files.size());
            }
            found.files.emplace_back(file.path.empty() ? "the program itself" : file.path);
        }
        return false;
    });
    return found;
}

} // namespace

std::vector<std::string> libbus_copies() {
    return find_copies().files;
}

std::uint32_t index_of_this_copy() {
    return find_copies().own;
}

void tell_of_other_copies() {
    const std::vector<std::string> copies = libbus_copies();
    if (copies.size() < 2) {
        return;
    }
    std::string files;
    for (const std::string& copy : copies) {
        files.append(files.empty() ? "" : ", ").append(copy);
    }
    static_cast<void>(std::fprintf(
        stderr,
        "libbus: this process holds %zu copies of libbus (%s), which know nothing of each "
        "other's event types: an event of one must not be given to a bus of the other. "
        "Link them all with one shared libbus, or let only the program link it\n",
        copies.size(), files.c_str()));
}

} // namespace bus::internal
