// What a subscription can do: priority, filter, once, block, a tie to an object; and what a publish
// reports of handlers that throw.
#include <bus/bus.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>

struct StockChangedEvent : bus::Event<StockChangedEvent> {
    std::string article;
    int pieces = 0;
};
BUS_DESCRIBE_EVENT(StockChangedEvent, (article, pieces))

// tag::method[]
struct Display {
    void redraw(const StockChangedEvent& event) {
        std::cout << "display: " << event.pieces << " " << event.article << "\n";
    }
};

// end::method[]

int main() {
    bus::Bus bus;
    // tag::subscribe[]
    auto shop = bus.subscribe<StockChangedEvent>([](const StockChangedEvent& event) {
        std::cout << "shop: " << event.pieces << " " << event.article << "\n";
    });
    const auto audit = bus.subscribe<bus::DomainEvent>( // every event, before all others
        [](const bus::DomainEvent& event) { std::cout << "audit: " << event.event_type() << "\n"; },
        {.priority = 100});
    const auto reorder = bus.subscribe<StockChangedEvent>(
        [](const StockChangedEvent& event) { std::cout << "reorder " << event.article << "\n"; },
        [](const StockChangedEvent& event) { return event.pieces < 3; }, {.once = true});
    // end::subscribe[]

    // tag::tie[]
    auto label = std::make_shared<std::string>("label");
    bus.subscribe<StockChangedEvent>(
           [l = label.get()](const StockChangedEvent&) { std::cout << *l << ": printed\n"; },
           {.tied_to = label})
        .release(); // it ends with the label
    // end::tie[]

    // tag::method[]
    auto display = std::make_shared<Display>();
    bus.subscribe<StockChangedEvent>(&Display::redraw, display).release(); // ends with the display
    // end::method[]

    bus.publish(StockChangedEvent{{}, "lamps", 2});
    label.reset();
    display.reset();

    // tag::block[]
    {
        const auto quiet = shop.block();
        bus.publish(StockChangedEvent{{}, "lamps", 1}); // the shop does not hear of it
    }
    // end::block[]

    // tag::report[]
    const auto careless = bus.subscribe<StockChangedEvent>(
        [](const StockChangedEvent&) { throw std::runtime_error{"no paper"}; },
        {.name = "printer"});
    const bus::PublishReport report = bus.publish(StockChangedEvent{{}, "lamps", 9});
    for (const bus::HandlerFailure& failure : report.handlers.failures) {
        std::cout << failure.handler << " failed: " << bus::Failure::from(failure.error).what()
                  << "\n";
    }
    // end::report[]
}
