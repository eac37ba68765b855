#include <bus/event/codec.hpp>

#include <boost/test/unit_test.hpp>

#include <cctype>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// TextTraits that write more than they declare, or text that JSON must escape.
namespace texts {

struct Sku {
    std::string value;
};

} // namespace texts

template <>
struct bus::TextTraits<texts::Sku> {
    static constexpr std::string_view expected = "a sku";
    static constexpr std::size_t max_chars = 12;

    static std::size_t write(const texts::Sku& sku, char* out) noexcept {
        std::memcpy(out, sku.value.data(), sku.value.size());
        return sku.value.size();
    }

    static bool read(std::string_view text, texts::Sku& sku) noexcept {
        sku.value = text;
        return true;
    }
};

namespace texts {

struct Shelf {
    std::vector<Sku> skus;
};
BOOST_DESCRIBE_STRUCT(Shelf, (), (skus))

struct CountedEvent : bus::Event<CountedEvent> {
    Shelf shelf;
};
BUS_DESCRIBE_EVENT(CountedEvent, (shelf))

/// A type whose different values can have the same text.
struct Place {
    std::string name;

    friend bool operator<(const Place& left, const Place& right) { return left.name < right.name; }

    friend std::string to_text(const Place& place) {
        std::string text = place.name;
        for (char& letter : text) {
            letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        }
        return text;
    }

    static std::optional<Place> from_text(std::string_view text) {
        return Place{std::string{text}};
    }
};

struct StockEvent : bus::Event<StockEvent> {
    std::map<Place, int> stock;
};
BUS_DESCRIBE_EVENT(StockEvent, (stock))

} // namespace texts

BOOST_AUTO_TEST_SUITE(text_traits)

using texts::CountedEvent;
using texts::StockEvent;

BOOST_AUTO_TEST_CASE(A17_text_that_is_longer_than_declared_is_an_error_with_type_and_member) {
    for (const std::size_t size : {13U, 1'000U, 100'000U, 5'000'000U}) {
        const CountedEvent event{{}, {{{"short"}, {std::string(size, 'x')}}}};
        BOOST_CHECK_EXCEPTION(
            bus::to_json(event), bus::CodecError, [size](const bus::CodecError& error) {
                const std::string_view what{error.what()};
                return error.path() == "data.shelf.skus[1]" &&
                       what.find("texts::Sku wrote " + std::to_string(size)) != what.npos &&
                       what.find("at most 12") != what.npos;
            });
    }
    const CountedEvent right{{}, {{{std::string(12, 'x')}}}};
    BOOST_TEST(bus::from_json<CountedEvent>(bus::to_json(right)).shelf.skus[0].value.size() == 12U);
}

BOOST_AUTO_TEST_CASE(A17_text_is_escaped_and_comes_back_as_it_was) {
    for (const char* text : {"6\" pipe", "a\\b", "tab\tnl\n", "\x01\x1f", "gr\xc3\xbc\xc3\x9f"}) {
        const CountedEvent event{{}, {{{text}}}};
        BOOST_TEST(bus::from_json<CountedEvent>(bus::to_json(event)).shelf.skus[0].value == text);
    }
    const std::string zero{"a\0b", 3};
    const CountedEvent event{{}, {{{zero}}}};
    BOOST_TEST(bus::from_json<CountedEvent>(bus::to_json(event)).shelf.skus[0].value == zero);
}

BOOST_AUTO_TEST_CASE(A17_bytes_that_are_not_utf_8_are_refused) {
    for (const char* text : {"a\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80"}) {
        const CountedEvent event{{}, {{{text}}}};
        BOOST_CHECK_THROW(bus::to_json(event), bus::CodecError);
    }
}

BOOST_AUTO_TEST_CASE(A17_keys_of_a_map_that_have_the_same_text_are_refused) {
    StockEvent event;
    event.stock = {{{"A"}, 1}, {{"b"}, 2}};
    BOOST_TEST(bus::from_json<StockEvent>(bus::to_json(event)).stock.size() == 2U);
    event.stock[{"a"}] = 3;
    BOOST_CHECK_EXCEPTION(bus::to_json(event), bus::CodecError, [](const bus::CodecError& error) {
        return std::string_view{error.what()} ==
               "data.stock: two keys have the same text, \"a\": one would be lost";
    });
}

BOOST_AUTO_TEST_SUITE_END()
