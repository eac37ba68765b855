#include <bus/event/internal/libbus_copies.hpp>

#include <link.h>

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
bool has_segment(const dl_phdr_info& file, std::uint32_t type, Is is) {
    for (std::size_t i = 0; i < file.dlpi_phnum; ++i) {
        const auto& segment = file.dlpi_phdr[i];
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader gives the address as a number
        const auto* const at = reinterpret_cast<const char*>(file.dlpi_addr + segment.p_vaddr);
        if (segment.p_type == type && is(at, segment.p_memsz)) {
            return true;
        }
    }
    return false;
}

struct Found {
    std::vector<std::string> files{};
    std::uint32_t own = 0; ///< index of the file with this copy
};

int look(dl_phdr_info* file, std::size_t /*size*/, void* result) {
    Found& found = *static_cast<Found*>(result);
    if (!has_segment(*file, PT_NOTE, has_our_note)) {
        return 0;
    }
    const auto* const here = reinterpret_cast<const char*>(&note);
    if (has_segment(*file, PT_LOAD, [here](const char* at, std::size_t size) {
            return at <= here && here < at + size;
        })) {
        found.own = static_cast<std::uint32_t>(found.files.size());
    }
    const std::string name{file->dlpi_name};
    found.files.push_back(name.empty() ? "the program itself" : name);
    return 0;
}

Found find_copies() {
    Found found;
    dl_iterate_phdr(&look, &found);
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
