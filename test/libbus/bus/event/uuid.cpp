#include "test/support/needs.hpp"
#include <bus/event/boost_uuid.hpp>
#include <bus/event/codec.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <set>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(uuid)

namespace {

using namespace std::chrono_literals;

/// A clock that the test sets, and random bits that count up.
class SetEnvironment : public bus::Environment {
public:
    bus::Timestamp now() override { return time; }

    std::uint64_t random() override { return random_ += 0x9e3779b97f4a7c15U; }

    bus::Timestamp time{1'700'000'000'000'000us};

private:
    std::atomic<std::uint64_t> random_{0};
};

boost::json::value shared_json(std::string_view path) {
    std::ifstream in{test::shared_data(path).value()};
    return boost::json::parse(std::string{std::istreambuf_iterator<char>{in}, {}});
}

std::uint64_t hex(const boost::json::value& text) {
    return std::stoull(std::string{text.as_string()}, nullptr, 16);
}

struct LabelPrintedEvent : bus::Event<LabelPrintedEvent> {
    boost::uuids::uuid label{};
};
BUS_DESCRIBE_EVENT(LabelPrintedEvent, (label))

} // namespace

BOOST_AUTO_TEST_CASE(the_vectors_of_rfc_9562_are_read_and_written_again,
                     *test::needs_shared_data("vectors/uuid/rfc9562.json")) {
    const auto vectors = shared_json("vectors/uuid/rfc9562.json");
    for (const auto& vector : vectors.at("vectors").as_array()) {
        std::string text{vector.at("uuid").as_string()};
        const bus::Uuid uuid = bus::parse_uuid(text);
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
        BOOST_TEST(bus::to_text(uuid) == text);
        BOOST_TEST((uuid.data[6] >> 4U) == vector.at("version").to_number<unsigned>());
        if (vector.at("version") == 7) {
            const auto made =
                bus::make_uuid_v7(vector.at("unix_ts_ms").to_number<std::uint64_t>(),
                                  static_cast<std::uint16_t>(hex(vector.at("rand_a_hex"))),
                                  hex(vector.at("rand_b_hex")));
            BOOST_TEST(bus::to_text(made) == text);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_valid_strings_are_read_and_the_invalid_ones_refused,
                     *test::needs_shared_data("vectors/uuid/uuid.json")) {
    const auto groups = shared_json("vectors/uuid/uuid.json");
    for (const auto& group : groups.as_array()) {
        for (const auto& test : group.at("tests").as_array()) {
            if (const auto* text = test.at("data").if_string()) {
                BOOST_TEST_CONTEXT(test.at("description")) {
                    BOOST_TEST(bus::try_parse_uuid(*text).has_value() ==
                               test.at("valid").as_bool());
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_version_7_uuid_holds_its_fields) {
    const auto uuid = bus::make_uuid_v7(0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F);
    BOOST_TEST(bus::to_text(uuid) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_a_uuid_is_named_in_the_error) {
    BOOST_CHECK_EXCEPTION(bus::parse_uuid("TEST-001"), std::invalid_argument, [](const auto& e) {
        return std::string_view{e.what()}.find("TEST-001") != std::string_view::npos;
    });
}

BOOST_AUTO_TEST_CASE(ids_grow_while_the_clock_stands_still_and_steps_back) {
    SetEnvironment environment;
    bus::Uuid last{};
    for (int i = 0; i < 100'000; ++i) {
        if (i % 1000 == 0) {
            environment.time += i % 3000 == 0 ? -5s : 1ms;
        }
        const bus::Uuid next = bus::next_uuid(environment);
        BOOST_REQUIRE(last < next);
        BOOST_REQUIRE(bus::to_text(last) < bus::to_text(next));
        last = next;
    }
}

BOOST_AUTO_TEST_CASE(an_id_says_when_it_was_made) {
    SetEnvironment environment;
    const bus::Uuid uuid = bus::next_uuid(environment);
    std::uint64_t millis = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        millis = (millis << 8U) | uuid.data[i];
    }
    BOOST_TEST(millis == 1'700'000'000'000U);
    BOOST_TEST((uuid.data[6] >> 4U) == 7U);
    BOOST_TEST((uuid.data[8] >> 6U) == 2U);
}

BOOST_AUTO_TEST_CASE(four_threads_never_make_the_same_id_and_each_sees_them_grow) {
    SetEnvironment environment;
    std::array<std::vector<bus::Uuid>, 4> made;
    std::vector<std::thread> threads;
    for (auto& ids : made) {
        threads.emplace_back([&ids, &environment] {
            for (int i = 0; i < 25'000; ++i) {
                ids.push_back(bus::next_uuid(environment));
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    std::vector<bus::Uuid> all;
    for (const auto& ids : made) {
        BOOST_TEST(std::is_sorted(ids.begin(), ids.end()));
        all.insert(all.end(), ids.begin(), ids.end());
    }
    std::sort(all.begin(), all.end());
    BOOST_TEST(all.size() == 100'000U);
    BOOST_TEST((std::adjacent_find(all.begin(), all.end()) == all.end()));
}

BOOST_AUTO_TEST_CASE(ids_are_ordered_as_their_texts_are) {
    std::mt19937_64 random{7};
    std::vector<bus::Uuid> ids(200);
    std::set<std::size_t> hashes;
    for (bus::Uuid& id : ids) {
        for (std::uint8_t& byte : id.data) {
            byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 0x80);
        }
        hashes.insert(std::hash<bus::Uuid>{}(id));
    }
    BOOST_TEST(hashes.size() == std::set<bus::Uuid>(ids.begin(), ids.end()).size());
    std::sort(ids.begin(), ids.end());
    BOOST_TEST(std::is_sorted(ids.begin(), ids.end(), [](const auto& left, const auto& right) {
        return bus::to_text(left) < bus::to_text(right);
    }));
    BOOST_TEST(bus::Uuid{}.is_nil());
    BOOST_TEST(!ids.back().is_nil());
}

BOOST_AUTO_TEST_CASE(boosts_uuid_converts_and_may_be_a_member) {
    const bus::Uuid ours = bus::parse_uuid("018f3a6e-1c2d-7abc-8def-0123456789ab");
    const boost::uuids::uuid theirs = bus::to_boost(ours);
    BOOST_TEST((bus::from_boost(theirs) == ours));
    LabelPrintedEvent event;
    event.label = theirs;
    const auto read = bus::decode(bus::encode(event));
    BOOST_TEST((bus::event_cast<LabelPrintedEvent>(*read)->label == theirs));
    bus::EventRecord wrong = bus::encode(event);
    wrong.data = R"({"label":"label 7"})";
    BOOST_CHECK_EXCEPTION(bus::decode(wrong), bus::CodecError, [](const auto& error) {
        return std::string_view{error.what()}.find("expected a UUID") != std::string_view::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
