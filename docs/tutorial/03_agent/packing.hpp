// The agent that packs orders.
#pragma once

#include <bus/agent/agent.hpp>

#include "events.hpp"

/// Packs orders from the shelf. Its state is the shelf: how many grams of each tea are left.
class Packing : public bus::Agent {
public:
    Packing() : Agent{"packing"} {
        on<TeaDeliveredEvent>(&Packing::shelve);
        on<OrderPlacedEvent>(&Packing::pack).emits<OrderPackedEvent, OrderRefusedEvent>();
    }

private:
    void shelve(const TeaDeliveredEvent& delivery, bus::Context& context) {
        const std::string shelf = "shelf/" + delivery.tea;
        const auto left = context.state<std::int64_t>(shelf).value_or(0);
        context.set_state(shelf, left + delivery.grams);
    }

    void pack(const OrderPlacedEvent& order, bus::Context& context) {
        const std::string shelf = "shelf/" + order.tea;
        const auto left = context.state<std::int64_t>(shelf).value_or(0);
        if (left < order.grams) {
            const std::string why = "only " + std::to_string(left) + " g are left";
            context.publish(OrderRefusedEvent{{}, order.order_id, why});
            return;
        }
        context.set_state(shelf, left - order.grams);
        context.publish(OrderPackedEvent{{}, order.order_id, order.country});
    }
};
