#pragma once

#include <boost/json/error.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace bus::internal {

/// A handler for boost::json::basic_parser that accepts everything and does nothing. Derive from it
/// and redefine the functions that matter.
class ParserHandler {
public:
    using Error = boost::system::error_code;

    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = max_object_size;
    static constexpr std::size_t max_key_size = max_object_size;
    static constexpr std::size_t max_string_size = max_object_size;

    bool on_document_begin(Error&) { return true; }

    bool on_document_end(Error&) { return true; }

    bool on_object_begin(Error&) { return true; }

    bool on_object_end(std::size_t, Error&) { return true; }

    bool on_array_begin(Error&) { return true; }

    bool on_array_end(std::size_t, Error&) { return true; }

    bool on_key_part(std::string_view, std::size_t, Error&) { return true; }

    bool on_key(std::string_view, std::size_t, Error&) { return true; }

    bool on_string_part(std::string_view, std::size_t, Error&) { return true; }

    bool on_string(std::string_view, std::size_t, Error&) { return true; }

    bool on_number_part(std::string_view, Error&) { return true; }

    bool on_int64(std::int64_t, std::string_view, Error&) { return true; }

    bool on_uint64(std::uint64_t, std::string_view, Error&) { return true; }

    bool on_double(double, std::string_view, Error&) { return true; }

    bool on_bool(bool, Error&) { return true; }

    bool on_null(Error&) { return true; }

    bool on_comment_part(std::string_view, Error&) { return true; }

    bool on_comment(std::string_view, Error&) { return true; }
};

} // namespace bus::internal
