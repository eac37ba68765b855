#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bus::internal {

class CompactWriter;

/// Reads JSON into a boost::json::value, and writes it again so that numbers keep the digits they
/// had: such a value holds a number in binary, which knows neither `396.00` nor twenty digits.
/// Numbers are told apart by their binary value, and equal ones by their order in the text.
class SpeltNumbers {
public:
    /// Throws CodecError.
    boost::json::value parse(std::string_view json);
    void write(const boost::json::value& value, std::string& out);

    /// Remembers how a number was spelt that is no integer of 64 bits.
    void add(double number, std::string_view text);

private:
    struct Spellings {
        std::vector<std::string> texts{};
        std::size_t next = 0;
    };

    void write(const boost::json::value& value, CompactWriter& writer, std::size_t depth);
    void write(double number, CompactWriter& writer);

    std::unordered_map<std::uint64_t, Spellings> spellings_; // by the bits of the double
};

} // namespace bus::internal
