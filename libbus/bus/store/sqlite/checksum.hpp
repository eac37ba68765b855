#pragma once

#include <bus/event/uuid.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bus::sqlite {

/// The checksum of a row: XXH3 (64 bits) over its columns. Each column is preceded by its type and
/// length, and numbers begin with their lowest byte. So the same columns result in the same number
/// on every machine. The checksum finds damage; it is no protection against intentional changes.
/// docs/decisions/0016-checksums-and-verify.md
class Checksum {
public:
    void add(std::int64_t value);
    void add(std::uint64_t value); ///< as SQLite stores it, see Statement::bind

    void add(std::uint32_t value) { add(std::int64_t{value}); }

    void add(std::string_view text) { add_bytes('t', text); }

    void add(const Uuid& value);
    void add(const Uuid* value);
    void add(const std::optional<std::int64_t>& value);
    void add(const std::optional<std::string_view>& value);

    void add_blob(std::string_view bytes) { add_bytes('b', bytes); }

    void add_real(double value);
    void add_null();

    /// The checksum of everything added so far.
    [[nodiscard]] std::int64_t value() const;

private:
    /// A text up to this many bytes is added as it is. For a longer one its hash is added, so that
    /// long texts are not copied.
    static constexpr std::size_t most_inline = 64;
    static constexpr std::size_t most_of_a_column = 1 + 8 + most_inline;

    void add_bytes(char tag, std::string_view bytes);

    void put(char tag) { bytes_[size_++] = tag; }

    void put_number(std::uint64_t number);
    void make_room();

    std::array<char, 640> bytes_;
    std::size_t size_ = 0;
};

/// The checksum of the columns of a row, in their order. The types are those that Statement can
/// bind.
template <class... Values>
[[nodiscard]] std::int64_t checksum_of(const Values&... values) {
    Checksum checksum;
    (checksum.add(values), ...);
    return checksum.value();
}

} // namespace bus::sqlite
