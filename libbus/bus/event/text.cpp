#include <bus/event/text.hpp>

#include <cstring>
#include <limits>
#include <memory>
#include <ostream>
#include <stdexcept>

namespace bus {

namespace {

using Unit = std::uint32_t; // heads consist of these

/// The bytes that the head, the characters and their zero take, rounded up to whole units.
constexpr std::size_t bytes_of(std::string_view text, std::size_t head) noexcept {
    return head + (text.size() + sizeof(Unit)) / sizeof(Unit) * sizeof(Unit);
}

} // namespace

Text::Text(std::string_view text, Copied /*tag*/) {
    make_together(std::span<const Making, 1>{{{*this, text}}});
}

void Text::make_together(std::span<const Making> texts) {
    std::size_t bytes = sizeof(Block);
    std::uint32_t owners = 0;
    for (const Making& making : texts) {
        if (!making.characters.empty()) {
            ++owners;
            bytes += bytes_of(making.characters, sizeof(Shared));
        }
        if (making.characters.size() >= std::numeric_limits<std::uint32_t>::max() ||
            bytes > std::numeric_limits<std::uint32_t>::max()) {
            throw std::length_error{"a bus::Text holds less than 4 GiB, and was given " +
                                    std::to_string(making.characters.size()) +
                                    " bytes: keep such large data outside of the event"};
        }
    }
    if (owners == 0) {
        for (const Making& making : texts) {
            making.text.clear();
        }
        return;
    }
    auto* const memory =
        reinterpret_cast<char*>(std::allocator<Unit>{}.allocate(bytes / sizeof(Unit)));
    std::construct_at(reinterpret_cast<Block*>(memory), owners, static_cast<std::uint32_t>(bytes));
    std::size_t offset = sizeof(Block);
    for (const auto& [text, characters] : texts) {
        if (characters.empty()) {
            text.clear();
            continue;
        }
        auto* const shared = reinterpret_cast<Shared*>(memory + offset);
        std::construct_at(shared, static_cast<std::uint32_t>(characters.size()),
                          static_cast<std::uint32_t>(offset));
        char* const begin = memory + offset + sizeof(Shared);
        std::memcpy(begin, characters.data(), characters.size());
        begin[characters.size()] = '\0';
        text.shared_ = {shared, false}; // `owners` counts it already
        offset += bytes_of(characters, sizeof(Shared));
    }
}

void Text::Shared::destroy(Block& block) noexcept {
    const std::size_t bytes = block.bytes;
    std::destroy_at(&block);
    std::allocator<Unit>{}.deallocate(reinterpret_cast<Unit*>(&block), bytes / sizeof(Unit));
}

std::string Text::joined(std::string_view left, std::string_view right) {
    std::string both;
    both.reserve(left.size() + right.size());
    return both.append(left).append(right);
}

std::ostream& operator<<(std::ostream& out, const Text& text) {
    return out << text.view();
}

} // namespace bus
