#include "test/libbus/bus/event/sample_events.hpp"
#include "test/support/allocations.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

BOOST_AUTO_TEST_SUITE(codec_write)

BOOST_AUTO_TEST_CASE(an_event_is_written_with_its_nine_members_in_order) {
    BOOST_TEST(bus::to_json(sample::order()) == sample::order_json);
}

BOOST_AUTO_TEST_CASE(the_cause_follows_the_nine_members) {
    auto event = sample::order();
    event.causation_id = bus::parse_uuid("0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a91");
    std::string expected{sample::order_json};
    expected.pop_back();
    expected += R"(,"causation_id":"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a91"})";
    BOOST_TEST(bus::to_json(event) == expected);
}

BOOST_AUTO_TEST_CASE(an_event_that_names_its_own_aggregate_keeps_it) {
    auto event = sample::order();
    event.own_aggregate_id = "other";
    const auto back = bus::from_json<sample::OrderCreatedEvent>(bus::to_json(event));
    BOOST_TEST(back.aggregate_id() == "other");
    BOOST_TEST(back.order_id == "TEST-001");
}

BOOST_AUTO_TEST_CASE(writing_into_a_reused_buffer_allocates_nothing) {
    const auto event = sample::order();
    std::string out = bus::to_json(event);
    const auto before = test::allocations();
    for (int i = 0; i < 100; ++i) {
        out.clear();
        bus::write_json(event, out);
    }
    BOOST_TEST(test::allocations() == before);
    BOOST_TEST(out == sample::order_json);
}

BOOST_AUTO_TEST_CASE(writing_appends) {
    std::string out = "before ";
    bus::write_json(sample::order(), out);
    BOOST_TEST(out == "before " + std::string{sample::order_json});
}

BOOST_AUTO_TEST_CASE(text_is_escaped_where_json_requires_it_and_nowhere_else) {
    BOOST_TEST(
        bus::to_json_text(std::string{"a\"b\\c\n\t\r\b\f\x01\x1f\x7f/\u00e9\u20ac\U0001F600"}) ==
        "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\x7f/\u00e9\u20ac\U0001F600\"");
    BOOST_TEST(bus::to_json_text(std::string(1, '\0')) == R"("\u0000")");
}

BOOST_AUTO_TEST_CASE(a_special_character_is_found_at_every_place_of_texts_of_every_length) {
    for (std::size_t size = 1; size < 40; ++size) {
        for (std::size_t place = 0; place < size; ++place) {
            for (const char special : {'"', '\\', '\n', '\x1f'}) {
                std::string text(size, 'x');
                text[place] = special;
                BOOST_REQUIRE(bus::from_json_text<std::string>(bus::to_json_text(text)) == text);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(texts_longer_than_the_buffer_are_whole) {
    for (const std::size_t size : {1021U, 1022U, 1023U, 1024U, 1025U, 5000U, 100'000U}) {
        std::string text(size, 'x');
        BOOST_TEST((bus::to_json_text(text) == '"' + text + '"'));
        text[size / 2] = '\n';
        text[size - 1] = '"';
        BOOST_TEST((bus::from_json_text<std::string>(bus::to_json_text(text)) == text));
    }
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf_8_is_refused_by_path_and_leaves_nothing_behind) {
    for (const std::string bad :
         {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
          "\xf8\x88\x80\x80", "\xe2\x82", "abcdefgh\xff", "\xf0\x9f\x98"}) {
        sample::EverythingHappenedEvent event;
        event.all.shelves["a b"] = {{}, {.sku = "ok " + bad, .quantity = 1, .amount = {}}};
        std::string out = "kept";
        BOOST_CHECK_EXCEPTION(bus::write_json(event, out), bus::CodecError, [](const auto& e) {
            return e.path() == "data.all.shelves[\"a b\"][1].sku";
        });
        BOOST_TEST(out == "kept");
    }
}

BOOST_AUTO_TEST_CASE(what_json_cannot_hold_is_refused) {
    sample::Everything value;
    value.float64 = std::numeric_limits<double>::infinity();
    BOOST_CHECK_EXCEPTION(bus::to_json_text(value), bus::CodecError,
                          [](const auto& e) { return e.path() == "float64"; });
    value.float64 = 0;
    value.colour = static_cast<sample::Colour>(77);
    BOOST_CHECK_EXCEPTION(bus::to_json_text(value), bus::CodecError,
                          [](const auto& e) { return e.path() == "colour"; });
    value.colour = {};
    value.json.text = "{\"open\":";
    BOOST_CHECK_EXCEPTION(bus::to_json_text(value), bus::CodecError,
                          [](const auto& e) { return e.path() == "json"; });
}

BOOST_AUTO_TEST_CASE(nesting_that_could_not_be_read_is_not_written) {
    const auto nested = [](int levels) {
        sample::Tree root;
        sample::Tree* leaf = &root;
        for (int i = 1; i < levels; ++i) {
            leaf = &leaf->children.emplace_back();
        }
        return root;
    };
    const sample::Tree deepest = nested(16); // an object and a list for each level
    BOOST_TEST((bus::from_json_text<sample::Tree>(bus::to_json_text(deepest)) == deepest));
    BOOST_CHECK_THROW(bus::to_json_text(nested(17)), bus::CodecError);
}

BOOST_AUTO_TEST_CASE(numbers_are_written_short_and_exact) {
    sample::Everything value;
    value.int64 = std::numeric_limits<std::int64_t>::min();
    value.uint64 = std::numeric_limits<std::uint64_t>::max();
    value.float64 = 0.1;
    const std::string json = bus::to_json_text(value);
    BOOST_TEST(json.find("-9223372036854775808") != std::string::npos);
    BOOST_TEST(json.find("18446744073709551615") != std::string::npos);
    BOOST_TEST(json.find(R"("float64":0.1,)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(any_json_is_kept_without_its_blanks_and_with_its_digits) {
    sample::Everything value;
    value.json.text = " { \"a\" : [ 1.50 , 1e3, -0.0, null , true ] , \"b\\u0041\" : {} } ";
    const std::string json = bus::to_json_text(value);
    const auto back = bus::from_json_text<sample::Everything>(json);
    BOOST_TEST(back.json.text == R"({"a":[1.50,1e3,-0.0,null,true],"bA":{}})");
    BOOST_TEST(bus::to_json_text(back) == json);
}

BOOST_AUTO_TEST_CASE(a_record_is_written_as_its_event_was) {
    auto event = sample::order();
    event.causation_id = event.event_id;
    const std::string json = bus::to_json(event);
    BOOST_TEST(bus::to_json(bus::read_record(json)) == json);
    BOOST_TEST(bus::to_json(bus::encode(event)) == json);
}

BOOST_AUTO_TEST_CASE(a_record_whose_data_is_not_an_object_is_not_written) {
    auto record = bus::encode(sample::order());
    for (const auto* data : {"", "12", "[]", "{", "{} {}", "{\"a\":}"}) {
        record.data = data;
        BOOST_CHECK_EXCEPTION(bus::to_json(record), bus::CodecError,
                              [](const auto& e) { return e.path() == "data"; });
    }
}

BOOST_AUTO_TEST_SUITE_END()
