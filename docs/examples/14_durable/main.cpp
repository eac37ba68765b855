// What a store keeps beside events: a timer that outlives the program, a state that has changed its
// form since it was written, a dead letter that an operator asks to be tried again, a log that is
// handled again. In virtual time.
#include <bus/agent/upcast_state.hpp>
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/describe/class.hpp>

#include <iostream>

using namespace std::chrono_literals;

struct BasketFilledEvent : bus::Event<BasketFilledEvent> {
    std::string basket;
    std::int64_t items = 0;
};
BUS_DESCRIBE_EVENT(BasketFilledEvent, (basket, items),
                   bus::aggregate_id<&BasketFilledEvent::basket>)

struct BasketForgottenEvent : bus::Event<BasketForgottenEvent> {
    std::string basket;
};
BUS_DESCRIBE_EVENT(BasketForgottenEvent, (basket), bus::aggregate_id<&BasketForgottenEvent::basket>)

struct Basket {
    std::int64_t items = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(Basket, (), (items, currency))

// tag::state[]
template <>
inline constexpr std::uint32_t bus::state_version<Basket> = 2;

// end::state[]

class Baskets : public bus::Agent {
public:
    // tag::formerly[]
    Baskets(const bool& bank_is_up)
        : Agent{"baskets", bus::formerly("carts")}, bank_is_up_{bank_is_up} {
        // end::formerly[]
        settings().retry.max_attempts = 1;
        on<BasketFilledEvent>(&Baskets::fill).emits<BasketForgottenEvent>();
        on<BasketForgottenEvent>(&Baskets::remind);
    }

private:
    void fill(const BasketFilledEvent& event, bus::Context& context) {
        if (!bank_is_up_) {
            throw bus::Failure::transient("the bank is down");
        }
        Basket basket = context.state<Basket>(event.basket).value_or(Basket{0, "EUR"});
        basket.items += event.items;
        context.set_state(event.basket, basket);
        context.schedule(24h, BasketForgottenEvent{{}, event.basket});
        std::cout << event.basket << ": " << basket.items << " items, in " << basket.currency
                  << '\n';
    }

    void remind(const BasketForgottenEvent& event, bus::Context& context) {
        std::cout << context.now().time_since_epoch() / 1h % 24 << " h: remind of " << event.basket
                  << '\n';
    }

    const bool& bank_is_up_;
};

int main() {
    // tag::state[]
    bus::upcast_state<Basket>(1, [](boost::json::object& state) { state["currency"] = "EUR"; });
    // end::state[]
    const auto runtime = std::make_shared<bus::SimulatedRuntime>();
    const auto store = std::make_shared<bus::MemoryStore>();
    // As an older program has left it.
    store->commit(
        std::vector<bus::Part>{
            {.agent = "carts", .start = 0, .put_states = {{"b-1", R"({"items":2})"}}}},
        true);
    bool bank_is_up = true;
    {
        bus::Bus bus{{runtime, store}};
        bus.emplace<Baskets>(bank_is_up);
        bus.publish(BasketFilledEvent{{}, "b-1", 3});
        bus.wait_idle();
        bank_is_up = false;
        bus.publish(BasketFilledEvent{{}, "b-2", 1});
        bus.wait_idle();
        bus.stop(bus::Stop::drain);
    }
    runtime->run_for(30h); // nothing runs; the reminder of b-1 comes due
    bank_is_up = true;
    bus::Bus bus{{runtime, store}};
    bus.emplace<Baskets>(bank_is_up);
    bus.wait_idle();
    // tag::request[]
    bus.request({.who = "ann",
                 .why = "the bank is up again",
                 .agent = "baskets",
                 .kind = bus::FailureKind::transient}); // all dead letters of that kind
    bus.wait_idle();
    for (const bus::RequestRecord& request : store->requests(0, 10, false)) {
        std::cout << request.who << ", " << request.why << ": " << request.result << '\n';
    }
    // end::request[]
    const bus::Conservation account = store->conservation().front();
    std::cout << account.delivered << " delivered, " << account.finished << " finished, "
              << account.dead << " dead\n";
    // tag::replay[]
    bus.request({.who = "ann",
                 .why = "what the older program left counts no longer",
                 .action = bus::DeliveryAction::replay,
                 .agent = "baskets"});
    // end::replay[]
    bus.wait_idle();
    bus.stop(bus::Stop::drain);
}
