#include "test/libbus/bus/event/sample_events.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include <bit>
#include <cmath>

namespace {

using namespace sample;

std::string utf8(char32_t code) {
    const auto last = [](char32_t bits) { return static_cast<char>(0x80U | (bits & 0x3fU)); };
    if (code < 0x80) {
        return {static_cast<char>(code)};
    }
    if (code < 0x800) {
        return {static_cast<char>(0xc0U | (code >> 6U)), last(code)};
    }
    if (code < 0x10000) {
        return {static_cast<char>(0xe0U | (code >> 12U)), last(code >> 6U), last(code)};
    }
    return {static_cast<char>(0xf0U | (code >> 18U)), last(code >> 12U), last(code >> 6U),
            last(code)};
}

rc::Gen<char32_t> any_code() {
    return rc::gen::oneOf(rc::gen::inRange<char32_t>(0, 0x80), rc::gen::inRange<char32_t>(0, 0x80),
                          rc::gen::inRange<char32_t>(0x80, 0xd800),
                          rc::gen::inRange<char32_t>(0xe000, 0x110000));
}

rc::Gen<std::string> any_text() {
    return rc::gen::map(rc::gen::container<std::vector<char32_t>>(any_code()),
                        [](const auto& codes) {
                            std::string text;
                            for (const char32_t code : codes) {
                                text += utf8(code);
                            }
                            return text;
                        });
}

rc::Gen<bus::Timestamp> any_time() {
    static const auto first = bus::parse_timestamp("0000-01-01T00:00:00Z").time_since_epoch();
    static const auto last = bus::parse_timestamp("9999-12-31T23:59:59.999999Z").time_since_epoch();
    return rc::gen::map(rc::gen::inRange(first.count(), last.count() + 1),
                        [](auto micros) { return bus::Timestamp{bus::Duration{micros}}; });
}

rc::Gen<bus::Uuid> any_uuid() {
    return rc::gen::map(
        rc::gen::arbitrary<std::pair<std::uint64_t, std::uint64_t>>(),
        [](const auto& bits) { return bus::make_uuid_v7(bits.first, 0x123, bits.second); });
}

rc::Gen<double> any_double() {
    return rc::gen::suchThat(
        rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                     [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
        [](double value) { return std::isfinite(value); });
}

rc::Gen<Amount> any_amount() {
    return rc::gen::map(
        rc::gen::arbitrary<std::pair<std::int64_t, std::uint16_t>>(), [](const auto& parts) {
            return Amount{std::to_string(parts.first) + "." + std::to_string(parts.second)};
        });
}

rc::Gen<Line> any_line() {
    return rc::gen::build<Line>(rc::gen::set(&Line::sku, any_text()), rc::gen::set(&Line::quantity),
                                rc::gen::set(&Line::amount, any_amount()));
}

Tree tree_of(int levels) {
    Tree tree{*any_text(), {}};
    for (int i = *rc::gen::inRange(0, levels); i > 0; --i) {
        tree.children.push_back(tree_of(levels - 1));
    }
    return tree;
}

/// Compact JSON of some depth, as a member keeps it.
std::string any_json(int levels) {
    switch (*rc::gen::inRange(0, levels > 0 ? 6 : 4)) {
    case 0: return bus::to_json_text(*any_text());
    case 1: return bus::to_json_text(*any_double());
    case 2: return "true";
    case 3: return (*any_amount()).text;
    case 4: return "[" + any_json(levels - 1) + ",null," + any_json(levels - 1) + "]";
    default: return "{" + bus::to_json_text(*any_text()) + ":" + any_json(levels - 1) + "}";
    }
}

template <class T>
rc::Gen<std::optional<T>> maybe(rc::Gen<T> gen) {
    return rc::gen::oneOf(
        rc::gen::just(std::optional<T>{}),
        rc::gen::map(std::move(gen), [](T value) { return std::optional<T>{std::move(value)}; }));
}

Everything anything() {
    Everything e;
    e.boolean = *rc::gen::arbitrary<bool>();
    e.int8 = *rc::gen::arbitrary<std::int8_t>();
    e.int16 = *rc::gen::arbitrary<std::int16_t>();
    e.int32 = *rc::gen::arbitrary<std::int32_t>();
    e.int64 = *rc::gen::arbitrary<std::int64_t>();
    e.uint8 = *rc::gen::arbitrary<std::uint8_t>();
    e.uint16 = *rc::gen::arbitrary<std::uint16_t>();
    e.uint32 = *rc::gen::arbitrary<std::uint32_t>();
    e.uint64 = *rc::gen::arbitrary<std::uint64_t>();
    e.float64 = *any_double();
    e.string = *any_text();
    e.timestamp = *any_time();
    e.uuid = *any_uuid();
    e.amount = *any_amount();
    e.json.text = *rc::gen::arbitrary<bool>() ? any_json(3) : "";
    e.colour = *rc::gen::element(Colour::red, Colour::green, Colour::blue);
    e.optional_string = *maybe(any_text());
    e.optional_line = *maybe(any_line());
    e.strings = *rc::gen::container<std::vector<std::string>>(any_text());
    e.lines = *rc::gen::container<std::vector<Line>>(any_line());
    e.holes = *rc::gen::container<std::vector<std::optional<std::int32_t>>>(
        maybe(rc::gen::arbitrary<std::int32_t>()));
    e.names = *rc::gen::container<std::map<std::string, std::string>>(any_text(), any_text());
    e.shelves = *rc::gen::container<std::map<std::string, std::vector<Line>>>(
        any_text(), rc::gen::container<std::vector<Line>>(any_line()));
    e.tree = tree_of(3);
    return e;
}

/// The same JSON in another form: with a blank after every mark outside of strings.
std::string spaced(std::string_view json) {
    std::string result;
    bool inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        result += json[i];
        if (inside && json[i] == '\\') {
            result += json[++i];
        } else if (json[i] == '"') {
            inside = !inside;
        } else if (!inside && std::string_view{"{}[],:"}.find(json[i]) != std::string_view::npos) {
            result += " \t\r\n"[i % 4];
        }
    }
    return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(codec_properties)

BOOST_AUTO_TEST_CASE(any_text_comes_back_as_it_was) {
    BOOST_TEST(rc::check([] {
        const std::string text = *any_text();
        RC_ASSERT(bus::from_json_text<std::string>(bus::to_json_text(text)) == text);
    }));
}

BOOST_AUTO_TEST_CASE(any_double_comes_back_to_the_bit) {
    BOOST_TEST(rc::check([] {
        const double value = *any_double();
        const double back = bus::from_json_text<double>(bus::to_json_text(value));
        RC_ASSERT(std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value));
    }));
}

BOOST_AUTO_TEST_CASE(any_struct_comes_back_equal_in_any_form_of_its_json) {
    BOOST_TEST(rc::check([] {
        const Everything value = anything();
        const std::string json = bus::to_json_text(value);
        RC_ASSERT(bus::from_json_text<Everything>(json) == value);
        RC_ASSERT(bus::from_json_text<Everything>(json, bus::Reading::strict) == value);
        RC_ASSERT(bus::from_json_text<Everything>(spaced(json)) == value);
        RC_ASSERT(bus::to_json_text(bus::from_json_text<Everything>(json)) == json);
    }));
}

BOOST_AUTO_TEST_CASE(any_event_comes_back_equal_by_every_way_of_reading) {
    BOOST_TEST(rc::check([] {
        EverythingHappenedEvent event;
        event.event_id = *any_uuid();
        event.occurred_at = *any_time();
        event.execution_id = *any_text();
        event.user_id = *any_text();
        event.causation_id = *rc::gen::arbitrary<bool>() ? *any_uuid() : bus::Uuid{};
        event.own_aggregate_id = *any_text();
        event.order_id = *any_text();
        event.all = anything();
        // Without this member, the reader of the expected form is used; with it, the parser.
        event.all.json.text = *rc::gen::arbitrary<bool>() ? any_json(2) : "";
        event.note = *any_text();
        const std::string json = bus::to_json(event);
        const auto check = [&](const EverythingHappenedEvent& back) {
            RC_ASSERT(back.event_id == event.event_id);
            RC_ASSERT(back.occurred_at == event.occurred_at);
            RC_ASSERT(back.execution_id == event.execution_id);
            RC_ASSERT(back.user_id == event.user_id);
            RC_ASSERT(back.causation_id == event.causation_id);
            RC_ASSERT(back.aggregate_id() == event.aggregate_id());
            RC_ASSERT(back.order_id == event.order_id);
            RC_ASSERT(back.all == event.all);
            RC_ASSERT(back.note == event.note);
        };
        check(bus::from_json<EverythingHappenedEvent>(json));
        check(bus::from_json<EverythingHappenedEvent>(spaced(json)));
        check(*bus::event_cast<EverythingHappenedEvent>(*bus::read_event(json)));
        const auto record = bus::read_record(spaced(json));
        RC_ASSERT(record == bus::encode(event));
        RC_ASSERT(bus::to_json(record) == json);
        check(*bus::event_cast<EverythingHappenedEvent>(*bus::decode(record)));
    }));
}

BOOST_AUTO_TEST_CASE(an_event_changed_at_random_is_read_or_refused_alike_by_both_readers) {
    BOOST_TEST(rc::check([] {
        std::string json = bus::to_json(order());
        const auto at = *rc::gen::inRange<std::size_t>(0, json.size());
        json[at] = *rc::gen::arbitrary<char>();
        // With a blank at the beginning, the reader of the expected form is not used.
        const auto outcome = [](const std::string& text) -> std::string {
            try {
                return bus::to_json(bus::from_json<OrderCreatedEvent>(text));
            } catch (const bus::CodecError& error) {
                return "refused at " + error.path();
            }
        };
        RC_ASSERT(outcome(json) == outcome(" " + json));
    }));
}

BOOST_AUTO_TEST_SUITE_END()
