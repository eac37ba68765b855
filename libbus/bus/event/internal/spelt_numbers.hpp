#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bus::internal {

class CompactWriter;

/// Reads JSON into a boost::json::value and writes it again, so that numbers keep their digits. The
/// value itself holds numbers in binary, which cannot represent `396.00` or twenty digits. The
/// spelling of a number is found by its binary value; among numbers with equal values, by their
/// order in the text.
class SpeltNumbers {
public:
    /// Reads JSON text. Throws CodecError.
    boost::json::value parse(std::string_view json);
    /// Appends the value to `out`. Throws CodecError.
    void write(const boost::json::value& value, std::string& out);

    /// Remembers the spelling of a number that is not a 64-bit integer.
    void add(double number, std::string_view text);

private:
    struct Spellings {
        std::vector<std::string> texts{};
        std::size_t next = 0;
    };

    void write(const boost::json::value& value, CompactWriter& writer, std::size_t depth);
    void write(double number, CompactWriter& writer);

    std::unordered_map<std::uint64_t, Spellings> spellings_; // key: the bits of the double
};

} // namespace bus::internal
