#pragma once

#include <bus/event/uuid.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bus::sqlite {

/// The checksum of a row: XXH3 (64 bits) over its columns in a form that says of each one what it
/// is and how long, numbers with the lowest byte first. The same columns give the same number on
/// every machine. It finds damage; it keeps nobody out who means to deceive.
/// docs/decisions/0016-checksums-and-verify.md
class Checksum {
public:
    void add(std::int64_t value);
    void add(std::uint64_t value); ///< as SQLite keeps it, see Statement::bind

    void add(std::uint32_t value) { add(std::int64_t{value}); }

    void add(std::string_view text) { add_bytes('t', text); }

    void add(const Uuid& value);
    void add(const Uuid* value);
    void add(const std::optional<std::int64_t>& value);
    void add(const std::optional<std::string_view>& value);

    void add_blob(std::string_view bytes) { add_bytes('b', bytes); }

    void add_real(double value);
    void add_null();

    /// Of all that was added so far.
    [[nodiscard]] std::int64_t value() const;

private:
    /// Bytes of a text that are taken as they are; a longer one is taken as its own hash, so that
    /// large ones are not copied.
    static constexpr std::size_t most_inline = 64;
    static constexpr std::size_t most_of_a_column = 1 + 8 + most_inline;

    void add_bytes(char tag, std::string_view bytes);

    void put(char tag) { bytes_[size_++] = tag; }

    void put_number(std::uint64_t number);
    void make_room();

    std::array<char, 640> bytes_;
    std::size_t size_ = 0;
};

/// The checksum of a row's columns, in their order; the types are those that Statement binds.
template <class... Values>
[[nodiscard]] std::int64_t checksum_of(const Values&... values) {
    Checksum checksum;
    (checksum.add(values), ...);
    return checksum.value();
}

} // namespace bus::sqlite
