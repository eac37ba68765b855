#include <bus/event/codec.hpp>
#include <bus/event/internal/compact_json.hpp>
#include <bus/event/internal/parser_handler.hpp>
#include <bus/event/internal/spelt_numbers.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

namespace bus::internal {

namespace {

/// Tells SpeltNumbers about each number that the parser turns into a double.
class Listening : public ParserHandler {
public:
    explicit Listening(SpeltNumbers& numbers) noexcept : numbers_{numbers} {}

    bool on_double(double number, std::string_view text, Error&) {
        numbers_.add(number, text);
        return true;
    }

private:
    SpeltNumbers& numbers_;
};

[[noreturn]] void fail_at(std::string_view key, const std::string& problem) {
    throw CodecError{std::string{key}, problem};
}

} // namespace

void SpeltNumbers::add(double number, std::string_view text) {
    spellings_[std::bit_cast<std::uint64_t>(number)].texts.emplace_back(text);
}

boost::json::value SpeltNumbers::parse(std::string_view json) {
    boost::json::parse_options options;
    options.max_depth = max_depth;
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(json, error, {}, options);
    if (error) {
        fail_at({}, "broken JSON: " + error.message());
    }
    boost::json::basic_parser<Listening> listening{options, *this};
    listening.write_some(false, json.data(), json.size(), error);
    return value;
}

void SpeltNumbers::write(const boost::json::value& value, std::string& out) {
    TextBuffer text{out};
    CompactWriter writer{text};
    write(value, writer, max_depth);
    text.finish();
}

void SpeltNumbers::write(const boost::json::value& value, CompactWriter& writer,
                         std::size_t depth) {
    if (value.is_structured() && depth == 0) {
        fail_at({}, "nested deeper than " + std::to_string(max_depth) + " levels");
    }
    switch (value.kind()) {
    case boost::json::kind::null: return writer.literal("null");
    case boost::json::kind::bool_: return writer.literal(value.get_bool() ? "true" : "false");
    case boost::json::kind::int64: return writer.literal(std::to_string(value.get_int64()));
    case boost::json::kind::uint64: return writer.literal(std::to_string(value.get_uint64()));
    case boost::json::kind::double_: return write(value.get_double(), writer);
    case boost::json::kind::string:
        if (!writer.string(value.get_string())) {
            fail_at({}, "expected text in UTF-8");
        }
        return;
    case boost::json::kind::array:
        writer.open('[');
        for (const auto& item : value.get_array()) {
            write(item, writer, depth - 1);
        }
        return writer.close(']');
    case boost::json::kind::object:
        writer.open('{');
        for (const auto& [key, member] : value.get_object()) {
            if (!writer.key(key)) {
                fail_at({}, "expected a key in UTF-8");
            }
            write(member, writer, depth - 1);
        }
        return writer.close('}');
    }
}

void SpeltNumbers::write(double number, CompactWriter& writer) {
    const auto spelt = spellings_.find(std::bit_cast<std::uint64_t>(number));
    if (spelt != spellings_.end()) {
        auto& [texts, next] = spelt->second;
        writer.literal(texts[std::min(next, texts.size() - 1)]);
        ++next;
        return;
    }
    if (!std::isfinite(number)) {
        fail_at({}, "expected a finite number, found " + std::to_string(number));
    }
    std::array<char, 32> text{};
    const char* const end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    writer.literal({text.data(), end});
}

} // namespace bus::internal
