#include <bus/event/codec.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

/// The types that members may have besides the simple ones.
namespace kinds {

/// A strong id in the simple form.
struct OrderId {
    std::string value;

    friend std::string to_text(const OrderId& id) { return id.value; }

    static std::optional<OrderId> from_text(std::string_view text) {
        return text.starts_with("o-") ? std::optional{OrderId{std::string{text}}} : std::nullopt;
    }

    friend auto operator<=>(const OrderId&, const OrderId&) = default;
};

/// A strong id that holds a number and has no order.
struct Seat {
    std::uint32_t number = 0;
    friend bool operator==(const Seat&, const Seat&) = default;
};

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Card {
    std::string last4;
    friend bool operator==(const Card&, const Card&) = default;
};
BOOST_DESCRIBE_STRUCT(Card, (), (last4))

struct Cash {
    std::int64_t cents = 0;
    friend bool operator==(const Cash&, const Cash&) = default;
};
BOOST_DESCRIBE_STRUCT(Cash, (), (cents))

/// A type of another library, which cannot be described.
class Point {
public:
    Point() = default;

    Point(double x, double y) : x_{x}, y_{y} {}

    [[nodiscard]] double x() const { return x_; }

    [[nodiscard]] double y() const { return y_; }

    friend bool operator==(const Point&, const Point&) = default;

private:
    double x_ = 0;
    double y_ = 0;
};

struct PointData {
    double x = 0;
    double y = 0;
};
BOOST_DESCRIBE_STRUCT(PointData, (), (x, y))

/// A list of at most three elements that is not a vector.
struct Track {
    std::vector<Point> points;
    friend bool operator==(const Track&, const Track&) = default;
};

/// Any JSON value.
struct Blob {
    std::string json;
    friend bool operator==(const Blob&, const Blob&) = default;
};

} // namespace kinds

template <>
struct std::hash<kinds::OrderId> {
    std::size_t operator()(const kinds::OrderId& id) const {
        return std::hash<std::string>{}(id.value);
    }
};

template <>
struct bus::TextTraits<kinds::Seat> {
    static constexpr std::string_view expected = "a seat such as \"#7\"";

    static std::string to_text(const kinds::Seat& seat) {
        return '#' + std::to_string(seat.number);
    }

    static std::optional<kinds::Seat> from_text(std::string_view text) {
        if (!text.starts_with('#')) {
            return std::nullopt;
        }
        return kinds::Seat{static_cast<std::uint32_t>(std::stoul(std::string{text.substr(1)}))};
    }
};

template <>
struct bus::ValueTraits<kinds::Point> {
    static kinds::PointData to_value(const kinds::Point& point) { return {point.x(), point.y()}; }

    static std::optional<kinds::Point> from_value(const kinds::PointData& data) {
        return data.x >= 0 ? std::optional{kinds::Point{data.x, data.y}} : std::nullopt;
    }
};

template <>
struct bus::ValueTraits<kinds::Track> {
    static const std::vector<kinds::Point>& to_value(const kinds::Track& track) {
        return track.points;
    }

    static kinds::Track from_value(std::vector<kinds::Point> points) {
        if (points.size() > 3) {
            throw std::invalid_argument{"a track has at most three points"};
        }
        return {std::move(points)};
    }
};

template <>
struct bus::ValueTraits<kinds::Blob> {
    static bus::JsonText to_value(const kinds::Blob& blob) { return {blob.json}; }

    static kinds::Blob from_value(bus::JsonText text) { return {std::move(text.text)}; }
};

template <>
inline constexpr std::string_view bus::variant_tag<kinds::Cash> = "cash";

namespace kinds {

using Payment = std::variant<std::monostate, Card, Cash, std::string, std::vector<Card>>;

struct All {
    float ratio = 0;
    OrderId order{"o-0"};
    Seat seat;
    Payment payment;
    std::optional<Payment> refund;
    std::vector<Payment> payments;
    std::unordered_map<std::string, int> counts;
    std::unordered_map<OrderId, Payment> by_order;
    std::map<Colour, Point> by_colour;
    std::map<std::int32_t, std::string> by_number;
    std::map<bus::Uuid, bool> by_uuid;
    std::set<OrderId> orders;
    std::unordered_set<std::int64_t> numbers;
    std::array<Point, 2> corners{};
    std::pair<Colour, std::set<int>> pair;
    std::deque<std::string> queue;
    Point place;
    std::optional<Track> track;
    std::vector<Blob> blobs;
    std::chrono::milliseconds wait{};
    std::chrono::hours age{};
    std::chrono::sys_days day{};
    std::chrono::sys_seconds second{};
    std::chrono::system_clock::time_point instant{};
    friend bool operator==(const All&, const All&) = default;
};
BOOST_DESCRIBE_STRUCT(All, (),
                      (ratio, order, seat, payment, refund, payments, counts, by_order, by_colour,
                       by_number, by_uuid, orders, numbers, corners, pair, queue, place, track,
                       blobs, wait, age, day, second, instant))

All all() {
    using namespace std::chrono;
    All all;
    all.ratio = 0.1F;
    all.order = {"o-\"1\"\n"};
    all.seat = {7};
    all.payment = Card{"4242"};
    all.refund = Payment{};
    all.payments = {Payment{}, Cash{5}, std::string{"voucher"}, std::vector<Card>{{"1"}, {"2"}}};
    all.counts = {{"b", 2}, {"a", 1}, {"c\"", 3}};
    all.by_order = {{{"o-2"}, Cash{2}}, {{"o-1"}, Payment{}}};
    all.by_colour = {{Colour::green, {1, 2}}};
    all.by_number = {{-5, "minus"}, {7, "seven"}};
    all.by_uuid = {{bus::parse_uuid("0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90"), true}};
    all.orders = {{"o-3"}, {"o-1"}};
    all.numbers = {30, 10, 20};
    all.corners = {Point{1, 2}, Point{3, 4}};
    all.pair = {Colour::green, {3, 1}};
    all.queue = {"x", "y"};
    all.place = {0.5, -1};
    all.track = Track{{{1, 1}, {2, 2}}};
    all.blobs = {{R"({"a":[1,2.50]})"}, {"7"}, {R"("text")"}, {""}};
    all.wait = 1500ms;
    all.age = -48h;
    all.day = sys_days{year{2025} / 9 / 1};
    all.second = sys_days{year{2025} / 9 / 1} + 5s;
    all.instant = sys_days{year{2025} / 9 / 1} + 1ns;
    return all;
}

const std::string all_json =
    R"({"ratio":0.1,"order":"o-\"1\"\n","seat":"#7","payment":{"Card":{"last4":"4242"}},)"
    R"("refund":null,"payments":[null,{"cash":{"cents":5}},{"text":"voucher"},)"
    R"({"list":[{"last4":"1"},{"last4":"2"}]}],"counts":{"a":1,"b":2,"c\"":3},)"
    R"("by_order":{"o-1":null,"o-2":{"cash":{"cents":2}}},"by_colour":{"green":{"x":1,"y":2}},)"
    R"("by_number":{"-5":"minus","7":"seven"},)"
    R"("by_uuid":{"0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90":true},"orders":["o-1","o-3"],)"
    R"("numbers":[10,20,30],"corners":[{"x":1,"y":2},{"x":3,"y":4}],)"
    R"("pair":{"first":"green","second":[1,3]},"queue":["x","y"],"place":{"x":0.5,"y":-1},)"
    R"("track":[{"x":1,"y":1},{"x":2,"y":2}],"blobs":[{"a":[1,2.50]},7,"text",null],)"
    R"("wait":"PT1.5S","age":"-PT48H","day":"2025-09-01T00:00:00.000000Z",)"
    R"("second":"2025-09-01T00:00:05.000000Z","instant":"2025-09-01T00:00:00.000000001Z"})";

struct AllEvent : bus::Event<AllEvent> {
    OrderId id{"o-0"};
    All all;
};
BUS_DESCRIBE_EVENT(AllEvent, (id, all), bus::aggregate_id<&AllEvent::id>)

struct SeatTakenEvent : bus::Event<SeatTakenEvent> {
    Seat seat;
    bus::Uuid guest{};
};
BUS_DESCRIBE_EVENT(SeatTakenEvent, (seat, guest), bus::aggregate_id<&SeatTakenEvent::seat>)

/// The JSON with a blank after each comma and colon outside of texts, which is not the form that we
/// write.
std::string spread(const std::string& json) {
    std::string result;
    bool inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        inside = inside != (json[i] == '"' && (i == 0 || json[i - 1] != '\\'));
        result += json[i];
        if (!inside && (json[i] == ',' || json[i] == ':' || json[i] == '[' || json[i] == '{')) {
            result += ' ';
        }
    }
    return result;
}

template <class T>
auto fails_with(const char* text) {
    return [text](const T& error) {
        BOOST_TEST_MESSAGE(error.what());
        return std::string_view{error.what()}.find(text) != std::string_view::npos;
    };
}

template <class T>
void check_refused(const char* json, const char* text) {
    BOOST_CHECK_EXCEPTION(bus::from_json_text<T>(json), bus::CodecError,
                          fails_with<bus::CodecError>(text));
}

} // namespace kinds

BOOST_AUTO_TEST_SUITE(member_types)

using kinds::All;

BOOST_AUTO_TEST_CASE(A17_members_of_every_kind_are_written_and_read) {
    const std::string json = bus::to_json_text(kinds::all());
    BOOST_TEST(json == kinds::all_json);
    All expected = kinds::all();
    expected.refund.reset(); // an optional of a type that may be null has only one null
    BOOST_TEST((bus::from_json_text<All>(json, bus::Reading::strict) == expected));
    BOOST_TEST((bus::from_json_text<All>(kinds::spread(json), bus::Reading::strict) == expected));
    BOOST_TEST((bus::from_json_text<All>(bus::to_json_text(All{})) == All{}));
}

BOOST_AUTO_TEST_CASE(A17_members_of_every_kind_come_back_in_an_event) {
    const kinds::AllEvent event{{}, {"o-9"}, kinds::all()};
    const std::string json = bus::to_json(event);
    BOOST_TEST(bus::to_json(bus::from_json<kinds::AllEvent>(json)) == json);
    BOOST_TEST(bus::to_json(*bus::read_event(kinds::spread(json))) == json);
}

BOOST_AUTO_TEST_CASE(A17_an_aggregate_is_named_by_any_member_that_is_text) {
    const kinds::AllEvent event{{}, {"o-9"}, {}};
    BOOST_TEST(event.aggregate_id() == "o-9");
    BOOST_TEST(bus::encode(event).aggregate_id == "o-9");
    kinds::SeatTakenEvent taken{{}, {12}, {}};
    BOOST_TEST(taken.aggregate_id() == "#12");
    const auto back = bus::from_json<kinds::SeatTakenEvent>(bus::to_json(taken));
    BOOST_TEST(back.aggregate_id() == "#12");
    BOOST_TEST(back.own_aggregate_id.empty());
    const bus::AggregateId copy = taken.aggregate_id();
    bus::AggregateId assigned;
    assigned = copy;
    BOOST_TEST(assigned == "#12");
    taken.own_aggregate_id = "other";
    BOOST_TEST(taken.aggregate_id() == "other");
}

BOOST_AUTO_TEST_CASE(A17_what_is_wrong_with_a_member_is_reported_with_its_path) {
    kinds::check_refused<All>(R"({"order":"x-1"})", "order: expected text of a kinds::OrderId");
    kinds::check_refused<All>(R"({"seat":"7"})", "seat: expected a seat such as");
    kinds::check_refused<All>(R"({"payment":{"Cheque":1}})", "payment.Cheque: expected one of");
    kinds::check_refused<All>(R"({"payment":{}})", "payment: expected an object with one member");
    kinds::check_refused<All>(R"({"payment":{"text":"a","cash":{}}})", "with one member");
    kinds::check_refused<All>(R"({"payment":7})", "payment: expected an object with one member");
    kinds::check_refused<All>(R"({"payment":{"cash":{"cents":"x"}}})", "payment.cash.cents");
    kinds::check_refused<All>(R"({"by_number":{"x":"y"}})", "by_number.x: expected a key that is");
    kinds::check_refused<All>(R"({"by_colour":{"blue":{}}})", "expected a key that is one of red");
    kinds::check_refused<All>(R"({"corners":[{"x":1}]})", "corners: expected a list of 2 values");
    kinds::check_refused<All>(R"({"place":{"x":-1}})",
                              "place: this is not a value of kinds::Point");
    kinds::check_refused<All>(R"({"place":[1,2]})", "place: expected an object");
    kinds::check_refused<All>(R"({"track":[{},{},{},{}]})", "track: a track has at most three");
    kinds::check_refused<All>(R"({"orders":["o-1","p"]})", "orders[1]: expected text of");
    kinds::check_refused<All>(R"({"orders":null})", "orders: expected a list, found null");
    kinds::check_refused<All>(R"({"pair":{"first":"blue"}})", "pair.first");
    kinds::check_refused<All>(R"({"ratio":1e39})", "ratio: expected a number of single");
    kinds::check_refused<All>(R"({"wait":"PT0.0005S"})", "wait: expected a duration");
    kinds::check_refused<All>(R"({"age":"PT90M"})", "age: expected a duration");
    kinds::check_refused<All>(R"({"day":"2025-09-01T00:00:01Z"})", "day: expected a time");
}

BOOST_AUTO_TEST_CASE(A17_durations_are_read_in_all_units_that_they_can_hold) {
    using namespace std::chrono;
    const auto read = [](const char* text) {
        return bus::from_json_text<milliseconds>('"' + std::string{text} + '"');
    };
    BOOST_TEST((read("PT1.5S") == 1500ms));
    BOOST_TEST((read("PT0.001S") == 1ms));
    BOOST_TEST((read("P1W2DT3H4M5.006S") == 216h + 3h + 4min + 5006ms));
    BOOST_TEST((read("-PT2M") == -120s));
    BOOST_TEST((read("P1D") == 24h));
    BOOST_TEST((bus::from_json_text<hours>(R"("P1DT120M")") == 26h));
    for (const char* wrong : {"", "P", "PT", "1S", "PT1", "P1H", "PT1X", "PT1.S", "PT1M1H", "P1.5D",
                              "PT0.0001S", "PT1S ", "+PT1S", "PT-1S", "P99999999999999999999D"}) {
        BOOST_CHECK_THROW(read(wrong), bus::CodecError);
    }
    for (const auto extreme : {hours::min(), hours::max(), hours{0}}) {
        BOOST_TEST((bus::from_json_text<hours>(bus::to_json_text(extreme)) == extreme));
    }
    for (const auto extreme : {nanoseconds::min(), nanoseconds::max(), nanoseconds{-1}}) {
        BOOST_TEST((bus::from_json_text<nanoseconds>(bus::to_json_text(extreme)) == extreme));
    }
    BOOST_TEST(bus::to_json_text(weeks{3}) == R"("P3W")");
    BOOST_TEST(bus::to_json_text(nanoseconds{-1}) == R"("-PT0.000000001S")");
}

BOOST_AUTO_TEST_CASE(A17_times_keep_their_precision) {
    using namespace std::chrono;
    using Nanos = system_clock::time_point;
    for (const Nanos time : {Nanos::min(), Nanos::max(), Nanos{}, Nanos{nanoseconds{-1}},
                             Nanos{nanoseconds{1'756'684'800'123'456'789}}}) {
        BOOST_TEST((bus::from_json_text<Nanos>(bus::to_json_text(time)) == time));
    }
    BOOST_CHECK_THROW(bus::from_json_text<Nanos>(R"("2262-05-01T00:00:00Z")"), bus::CodecError);
    const sys_days last{year{9999} / 12 / 31};
    BOOST_TEST((bus::from_json_text<sys_days>(bus::to_json_text(last)) == last));
    const sys_time<milliseconds> time{1500ms};
    BOOST_TEST((bus::from_json_text<sys_time<milliseconds>>(bus::to_json_text(time)) == time));
}

BOOST_AUTO_TEST_SUITE_END()
