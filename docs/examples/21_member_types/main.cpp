// The types that members of events may have, and how types of your own join in.
#include <bus/bus.hpp>
#include <bus/event/codec.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <variant>

// tag::text[]
struct OrderId {
    std::string value;

    friend std::string to_text(const OrderId& id) { return id.value; }

    static std::optional<OrderId> from_text(std::string_view text) {
        return text.starts_with("o-") ? std::optional{OrderId{std::string{text}}} : std::nullopt;
    }

    friend auto operator<=>(const OrderId&, const OrderId&) = default;
};

// end::text[]

// tag::traits[]
namespace geometry { // of another library

struct Point {
    double x = 0;
    double y = 0;
};
} // namespace geometry

template <>
struct bus::ValueTraits<geometry::Point> { // written as a list of two numbers

    static std::array<double, 2> to_value(const geometry::Point& point) {
        return {point.x, point.y};
    }

    static geometry::Point from_value(const std::array<double, 2>& numbers) {
        return {numbers[0], numbers[1]};
    }
};

// end::traits[]

// tag::members[]
struct Card {
    std::string last4;
};
BOOST_DESCRIBE_STRUCT(Card, (), (last4))

struct Cash {
    std::int64_t cents = 0;
};
BOOST_DESCRIBE_STRUCT(Cash, (), (cents))

class Parcel { // private members too, where they are described
public:
    void close(std::chrono::milliseconds after) { open_for_ = after; }

private:
    std::chrono::milliseconds open_for_{};
    BOOST_DESCRIBE_CLASS(Parcel, (), (), (), (open_for_))
};

struct OrderPaidEvent : bus::Event<OrderPaidEvent> {
    OrderId order;
    std::variant<Card, Cash> payment;
    std::map<OrderId, std::set<std::string>> tags;
    std::pair<geometry::Point, geometry::Point> route;
    Parcel parcel;
};
BUS_DESCRIBE_EVENT(OrderPaidEvent, (order, payment, tags, route, parcel),
                   bus::aggregate_id<&OrderPaidEvent::order>)

// end::members[]

int main() {
    OrderPaidEvent event{{}, {"o-1"}, Cash{250}, {{{"o-1"}, {"new", "gift"}}}, {{0, 0}, {1, 2}},
                         {}};
    event.parcel.close(std::chrono::milliseconds{1500});
    std::string data;
    bus::write_data(event, data);
    std::cout << event.aggregate_id() << ": " << data << '\n';
    const auto back = bus::from_json<OrderPaidEvent>(bus::to_json(event));
    std::cout << std::get<Cash>(back.payment).cents << " cents\n";
}
