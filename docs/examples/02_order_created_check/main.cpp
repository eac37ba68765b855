// An event, what is known of it, its JSON, and the same event read back.
#include "demo/events/order_events.hpp"
#include <bus/event/codec.hpp>

#include <boost/json/parse.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

/// The names of a JSON object's members, in the order of the text.
std::vector<std::string> keys_of(const std::string& json) {
    std::vector<std::string> keys;
    const boost::json::value parsed = boost::json::parse(json);
    for (const auto& member : parsed.as_object()) {
        keys.emplace_back(member.key());
    }
    return keys;
}

bool check(bool holds, const char* what) {
    std::cout << (holds ? "ok      " : "FAILED  ") << what << '\n';
    return holds;
}

} // namespace

int main() {
    demo::OrderCreatedEvent order;
    order.order_id = "TEST-001";
    order.marketplace = "amazon";
    order.execution_id = "exec-123";

    std::cout << "event type      " << order.event_type() << '\n'
              << "event id        " << bus::to_text(order.event_id) << '\n'
              << "aggregate id    " << order.aggregate_id() << '\n'
              << "aggregate type  " << order.aggregate_type() << '\n'
              << "execution id    " << order.execution_id << '\n';

    // tag::json[]
    const std::string json = bus::to_json(order);
    std::cout << json << '\n';
    const auto back = bus::from_json<demo::OrderCreatedEvent>(json);
    // end::json[]

    const std::vector<std::string> wire_order{"event_id",     "event_type",     "event_version",
                                              "aggregate_id", "aggregate_type", "execution_id",
                                              "user_id",      "occurred_at",    "data"};
    bool good = check(order.aggregate_id() == "TEST-001", "the aggregate id is the order's");
    good &= check(order.aggregate_type() == "Order", "the aggregate type is Order");
    good &= check(keys_of(json) == wire_order, "the keys are in the order of the wire format");
    good &= check(back.order_id == order.order_id, "the order id is the same");
    good &= check(back.event_id == order.event_id, "the event id is the same");
    good &= check(back.occurred_at == order.occurred_at, "the time is the same");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
