#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/verify.hpp>

#include "console.hpp"
#include "sample_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t letter_count = 40;

/// A store whose agent has given up forty events for one cause, each with a different message.
class Mill {
public:
    using Break = std::function<void(bus::EventRecord&, std::uint64_t)>;
    using Handle = std::function<void(const test::PingEvent&, bus::Context&)>;

    explicit Mill(
        const Break& change, Handle handle = [](const auto&, auto&) {}) {
        const auto runtime = std::make_shared<bus::SimulatedRuntime>(3);
        bus::Bus bus{{runtime, bus::SqliteStore::open({.path = path()})}};
        auto miller = test::scripted("miller");
        miller->handles<test::PingEvent>(std::move(handle));
        bus.add(std::move(miller));
        for (std::uint64_t number = 1; number <= letter_count; ++number) {
            bus::EventRecord record =
                bus::encode(test::ping("name-" + std::to_string(number), std::int64_t(number)));
            change(record, number);
            bus.publish(record);
        }
        bus.wait_idle();
        bus.stop(bus::Stop::drain);
    }

    ~Mill() {
        const bus::VerifyReport report = bus::verify({.path = path()});
        BOOST_TEST(report.clean(), (report.findings.empty() ? "" : report.findings.front().what));
    }

    Mill(const Mill&) = delete;
    Mill& operator=(const Mill&) = delete;

    [[nodiscard]] std::string path() const { return (folder_.path() / "mill.db").string(); }

    [[nodiscard]] test::Called call(std::vector<std::string> words) const {
        words.insert(words.begin(), "dead-letters");
        words.insert(words.end(), {"--store", "sqlite:" + path()});
        return test::call(words);
    }

    /// The only group.
    [[nodiscard]] boost::json::object group() const {
        const test::Called called = call({"list", "--json"});
        BOOST_REQUIRE_EQUAL(std::count(called.out.begin(), called.out.end(), '\n'), 1);
        return boost::json::parse(called.out).as_object();
    }

private:
    test::TempFolder folder_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(groups_of_dead_letters)

BOOST_AUTO_TEST_CASE(R7_events_that_cannot_be_read_for_one_cause_are_one_group) {
    const Mill mill{[](bus::EventRecord& record, std::uint64_t number) {
        record.data = R"({"name": "n", "number": "no )" + std::to_string(number * 977) + "\"}";
    }};
    const boost::json::object group = mill.group();
    BOOST_TEST(group.at("letters").to_number<std::uint64_t>() == letter_count);
    const std::string error{group.at("error").as_string()};
    BOOST_TEST(error.find_first_of("0123456789") == std::string::npos, error);
    BOOST_TEST(error.find("number") != std::string::npos, error);
    const std::string name{group.at("group").as_string()};
    BOOST_TEST(test::holds(mill.call({"redrive", "--group", name}).out, "40 redriven"));
}

BOOST_AUTO_TEST_CASE(R7_messages_with_ids_times_and_numbers_of_one_cause_are_one_group) {
    const Mill mill{[](bus::EventRecord&, std::uint64_t) {},
                    [](const test::PingEvent& event, bus::Context& context) {
                        throw bus::Failure::rejected(
                            "no stock for " + bus::to_text(event.event_id) + " at " +
                            bus::to_text(context.now()) + ": " + std::to_string(event.number) +
                            " of SKU" + std::to_string(event.number * 31) + " missing");
                    }};
    const boost::json::object group = mill.group();
    BOOST_TEST(group.at("error").as_string() == "no stock for # at #: # of SKU# missing");
    BOOST_TEST(test::holds(std::string{group.at("example").as_string()}, ": 1 of SKU31 missing"));
    BOOST_TEST(test::holds(mill.call({"list", "--error", "2 of SKU62"}).out, "SKU# missing"));
}

BOOST_AUTO_TEST_CASE(R7_different_words_stay_different_groups) {
    const Mill mill{[](bus::EventRecord&, std::uint64_t) {},
                    [](const test::PingEvent& event, bus::Context&) {
                        throw bus::Failure::rejected(
                            (event.number % 2 == 0 ? "no stock " : "closed ") +
                            std::to_string(event.number));
                    }};
    const test::Called called = mill.call({"list", "--json"});
    BOOST_TEST(std::count(called.out.begin(), called.out.end(), '\n') == 2);
    BOOST_TEST(test::holds(mill.call({"redrive", "--error", "closed 7"}).out, "20 redriven"));
}

BOOST_AUTO_TEST_CASE(R7_a_running_host_redrives_the_group_that_the_list_showed) {
    bool mended = false;
    const auto handle = [&mended](const test::PingEvent& event, bus::Context&) {
        if (!mended) {
            throw bus::Failure::rejected("no account " + std::to_string(event.number));
        }
    };
    const Mill mill{[](bus::EventRecord&, std::uint64_t) {}, handle};
    mended = true;
    const auto store = bus::SqliteStore::open({.path = mill.path()});
    const std::shared_ptr<bus::EventStore> shared{store.get(), [](bus::EventStore*) {}};
    bus::Bus bus{{std::make_shared<bus::SimulatedRuntime>(4), shared}};
    auto miller = test::scripted("miller");
    miller->handles<test::PingEvent>(handle);
    bus.add(std::move(miller));
    // By the cause in the list, and by the message of any of them.
    for (const char* error : {"no account #", "no account 17"}) {
        bus.request({.who = "ann", .why = "mended", .agent = "miller", .error = error});
    }
    bus.wait_idle();
    const auto asked = store->requests(0, 1, false);
    BOOST_TEST(asked.front().result == "40 redriven");
    BOOST_TEST(store->conservation().front().finished == letter_count);
    bus.stop(bus::Stop::drain);
}

BOOST_AUTO_TEST_SUITE_END()
