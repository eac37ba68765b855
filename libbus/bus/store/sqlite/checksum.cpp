#include <bus/store/sqlite/checksum.hpp>

// All of xxHash is compiled into this file, so that users of libbus::sqlite need not link it.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace bus::sqlite {

static_assert(XXH_VERSION_NUMBER >= 800, "XXH3 gives the same numbers for ever since 0.8.0");

void Checksum::add(std::int64_t value) {
    make_room();
    put('i');
    put_number(static_cast<std::uint64_t>(value));
}

void Checksum::add(std::uint64_t value) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    add(static_cast<std::int64_t>(std::min(value, most)));
}

void Checksum::add(const Uuid& value) {
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): 16 bytes
    add_blob({reinterpret_cast<const char*>(value.data.data()), value.data.size()});
}

void Checksum::add(const Uuid* value) {
    if (value != nullptr) {
        add(*value);
    } else {
        add_null();
    }
}

void Checksum::add(const std::optional<std::int64_t>& value) {
    if (value) {
        add(*value);
    } else {
        add_null();
    }
}

void Checksum::add(const std::optional<std::string_view>& value) {
    if (value) {
        add(*value);
    } else {
        add_null();
    }
}

void Checksum::add_real(double value) {
    make_room();
    put('r');
    put_number(std::bit_cast<std::uint64_t>(value));
}

void Checksum::add_null() {
    make_room();
    put('n');
}

std::int64_t Checksum::value() const {
    return static_cast<std::int64_t>(XXH3_64bits(bytes_.data(), size_));
}

void Checksum::add_bytes(char tag, std::string_view bytes) {
    make_room();
    put(tag);
    put_number(bytes.size());
    if (bytes.size() > most_inline) {
        put_number(XXH3_64bits(bytes.data(), bytes.size()));
    } else if (!bytes.empty()) {
        std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
}

void Checksum::put_number(std::uint64_t number) {
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(bytes_.data() + size_, &number, sizeof number);
    } else {
        for (std::size_t i = 0; i < sizeof number; ++i) {
            bytes_[size_ + i] = static_cast<char>(number >> (8 * i));
        }
    }
    size_ += sizeof number;
}

/// Makes room for one more column, by replacing what is there with its hash.
void Checksum::make_room() {
    if (bytes_.size() - size_ < most_of_a_column) {
        const std::uint64_t so_far = XXH3_64bits(bytes_.data(), size_);
        size_ = 0;
        put('f');
        put_number(so_far);
    }
}

} // namespace bus::sqlite
