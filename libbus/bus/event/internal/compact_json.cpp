#include <bus/event/internal/compact_json.hpp>
#include <bus/event/internal/parser_handler.hpp>
#include <bus/event/internal/path.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <cstdint>

namespace bus::internal {

namespace {

/// Receives the calls of boost::json::basic_parser and writes the JSON again.
class Compacting : public ParserHandler {
public:
    explicit Compacting(TextBuffer& out) noexcept : writer_{out} {}

    bool on_object_begin(Error&) { return open('{'); }

    bool on_object_end(std::size_t, Error&) { return close('}'); }

    bool on_array_begin(Error&) { return open('['); }

    bool on_array_end(std::size_t, Error&) { return close(']'); }

    bool on_key_part(std::string_view part, std::size_t, Error&) { return keep(part); }

    bool on_key(std::string_view part, std::size_t size, Error&) {
        const bool valid = writer_.key(whole(part, size));
        parts_.clear();
        return valid;
    }

    bool on_string_part(std::string_view part, std::size_t, Error&) { return keep(part); }

    bool on_string(std::string_view part, std::size_t size, Error&) {
        const bool valid = writer_.string(whole(part, size));
        parts_.clear();
        return valid;
    }

    bool on_int64(std::int64_t, std::string_view text, Error&) { return literal(text); }

    bool on_uint64(std::uint64_t, std::string_view text, Error&) { return literal(text); }

    bool on_double(double, std::string_view text, Error&) { return literal(text); }

    bool on_bool(bool value, Error&) { return literal(value ? "true" : "false"); }

    bool on_null(Error&) { return literal("null"); }

private:
    bool open(char bracket) {
        writer_.open(bracket);
        return true;
    }

    bool close(char bracket) {
        writer_.close(bracket);
        return true;
    }

    bool literal(std::string_view text) {
        writer_.literal(text);
        return true;
    }

    bool keep(std::string_view part) {
        parts_.append(part);
        return true;
    }

    std::string_view whole(std::string_view part, std::size_t size) {
        return size == part.size() ? part : std::string_view{parts_.append(part)};
    }

    CompactWriter writer_;
    std::string parts_; // the parts of a text with escapes
};

} // namespace

std::string append_compact(std::string_view json, std::size_t depth, TextBuffer& out) {
    boost::json::parse_options options;
    options.max_depth = depth;
    boost::json::basic_parser<Compacting> parser{options, out};
    boost::system::error_code error;
    const std::size_t read = parser.write_some(false, json.data(), json.size(), error);
    if (error) {
        return broken_json(json, read, error.message());
    }
    return read == json.size() ? std::string{}
                               : broken_json(json, read, "more text behind the value");
}

std::string broken_json(std::string_view json, std::size_t offset, const std::string& problem) {
    std::string message = "broken JSON at offset " + std::to_string(offset) + ": " + problem;
    if (offset < json.size()) {
        message += ", near `" + shown(json.substr(offset)) + "`";
    }
    return message;
}

} // namespace bus::internal
