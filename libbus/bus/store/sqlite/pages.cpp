#include <bus/store/sqlite/pages.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace bus::sqlite {

namespace {

constexpr std::size_t header_of_file = 100;
constexpr unsigned char leaf_of_table = 0x0d;
constexpr std::size_t header_of_leaf = 8;

std::uint64_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

std::size_t big_endian_16(std::string_view bytes, std::size_t at) {
    return byte_at(bytes, at) << 8U | byte_at(bytes, at + 1);
}

/// Reads numbers of one to nine bytes, one after another.
class Varints {
public:
    Varints(std::string_view bytes, std::size_t at) : bytes_{bytes}, at_{at} {}

    /// Returns none if the bytes end before the number does.
    std::optional<std::uint64_t> next() {
        constexpr int most = 9;
        std::uint64_t value = 0;
        for (int i = 1; at_ < bytes_.size(); ++i) {
            const std::uint64_t byte = byte_at(bytes_, at_++);
            if (i == most) {
                return value << 8U | byte;
            }
            value = value << 7U | (byte & 0x7fU);
            if (byte < 0x80U) {
                return value;
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::size_t at() const noexcept { return at_; }

private:
    std::string_view bytes_;
    std::size_t at_;
};

/// How much of a payload is in its cell; the rest is in overflow pages.
std::size_t local_bytes(std::size_t payload, std::size_t usable) {
    const std::size_t most = usable - 35;
    if (payload <= most) {
        return payload;
    }
    const std::size_t least = (usable - 12) * 32 / 255 - 23;
    const std::size_t rest = least + (payload - least) % (usable - 4);
    return rest <= most ? rest : least;
}

std::int64_t signed_number(std::string_view bytes) {
    std::uint64_t value = (byte_at(bytes, 0) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        value = value << 8U | byte_at(bytes, i);
    }
    return static_cast<std::int64_t>(value);
}

/// The size of a column with this serial type, in bytes; none for a type that SQLite does not
/// write.
std::optional<std::size_t> size_of_type(std::uint64_t type) {
    constexpr std::size_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (type < std::size(sizes)) {
        return sizes[type];
    }
    if (type < 12) {
        return std::nullopt;
    }
    return static_cast<std::size_t>((type - 12) / 2);
}

PageValue value_of(std::uint64_t type, std::string_view bytes) {
    using Kind = PageValue::Kind;
    switch (type) {
    case 0: return {};
    case 7:
        return {.kind = Kind::real,
                .real = std::bit_cast<double>(static_cast<std::uint64_t>(signed_number(bytes)))};
    case 8:
    case 9: return {.kind = Kind::integer, .integer = static_cast<std::int64_t>(type - 8)};
    default: break;
    }
    if (type < 7) {
        return {.kind = Kind::integer, .integer = signed_number(bytes)};
    }
    return {.kind = type % 2 == 0 ? Kind::blob : Kind::text, .bytes = bytes};
}

/// Appends the part of a payload that is in a chain of pages from `page` on. A chain cannot be
/// longer than what is missing, so a circular one ends too.
bool append_overflow(std::string& payload, std::size_t size, std::uint32_t page,
                     const FindPage& find) {
    while (payload.size() < size) {
        const std::optional<std::string_view> content = find(page);
        if (page == 0 || !content) {
            return false;
        }
        const std::size_t wanted = std::min(size - payload.size(), content->size() - 4);
        payload.append(content->substr(4, wanted));
        page = big_endian_32(*content, 0);
    }
    return true;
}

} // namespace

std::uint32_t big_endian_32(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint32_t>(big_endian_16(bytes, at) << 16U |
                                      big_endian_16(bytes, at + 2));
}

std::vector<std::size_t> leaf_cells(std::string_view page, bool first) {
    const std::size_t header = first ? header_of_file : 0;
    std::vector<std::size_t> cells;
    if (byte_at(page, header) != leaf_of_table) {
        return cells;
    }
    const std::size_t count = big_endian_16(page, header + 3);
    const std::size_t begin = header + header_of_leaf;
    if (begin + 2 * count > page.size()) {
        return cells;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t cell = big_endian_16(page, begin + 2 * i);
        if (cell >= begin + 2 * count && cell < page.size()) {
            cells.push_back(cell);
        }
    }
    return cells;
}

std::optional<LeafRow> leaf_row(std::string_view page, std::size_t at, const FindPage& find,
                                std::size_t most_bytes) {
    Varints numbers{page, at};
    const std::optional<std::uint64_t> size = numbers.next();
    const std::optional<std::uint64_t> rowid = numbers.next();
    if (!size || !rowid || *size > most_bytes) {
        return std::nullopt;
    }
    const std::size_t local = local_bytes(*size, page.size());
    const std::size_t end = numbers.at() + local;
    if (end > page.size() || (local < *size && end + 4 > page.size())) {
        return std::nullopt;
    }
    LeafRow row{static_cast<std::int64_t>(*rowid), std::string{page.substr(numbers.at(), local)}};
    if (local < *size && !append_overflow(row.payload, *size, big_endian_32(page, end), find)) {
        return std::nullopt;
    }
    return row;
}

std::optional<IndexPage> index_page(std::string_view page) {
    constexpr unsigned char leaf = 0x0a;
    constexpr unsigned char inner = 0x02;
    const std::uint64_t kind = byte_at(page, 0);
    if (kind != leaf && kind != inner) {
        return std::nullopt;
    }
    const std::size_t header = kind == inner ? 12 : 8;
    const std::size_t most_local = (page.size() - 12) * 64 / 255 - 23;
    IndexPage found;
    if (kind == inner) {
        found.below.push_back(big_endian_32(page, 8));
    }
    const std::size_t count =
        std::min(big_endian_16(page, 3), (page.size() - header) / 2); // the pointers must fit
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t at = big_endian_16(page, header + 2 * i);
        if (kind == inner && at + 4 <= page.size()) {
            found.below.push_back(big_endian_32(page, at));
            at += 4;
        }
        Varints numbers{page, at};
        const std::optional<std::uint64_t> size = numbers.next();
        if (size && *size <= most_local && numbers.at() + *size <= page.size()) {
            found.keys.push_back(page.substr(numbers.at(), *size));
        }
    }
    return found;
}

std::optional<std::vector<PageValue>> columns_of(std::string_view payload) {
    Varints types{payload, 0};
    const std::optional<std::uint64_t> header = types.next();
    if (!header || *header > payload.size()) {
        return std::nullopt;
    }
    std::vector<PageValue> values;
    std::size_t at = *header;
    while (types.at() < *header) {
        const std::optional<std::uint64_t> type = types.next();
        const std::optional<std::size_t> size = type ? size_of_type(*type) : std::nullopt;
        if (!size || *size > payload.size() - at) {
            return std::nullopt;
        }
        values.push_back(value_of(*type, payload.substr(at, *size)));
        at += *size;
    }
    if (types.at() != *header || at != payload.size()) {
        return std::nullopt;
    }
    return values;
}

} // namespace bus::sqlite
