// The agent that sends parcels.
#pragma once

#include <bus/agent/agent.hpp>

#include "events.hpp"

#include <fstream>

struct ParcelSentEvent : bus::Event<ParcelSentEvent> {
    std::string order_id;
    std::string postage;
};
BUS_DESCRIBE_EVENT(ParcelSentEvent, (order_id, postage),
                   bus::aggregate_id<&ParcelSentEvent::order_id>)

/// Sends packed orders. The file postage.txt holds a country and its postage per line.
class Shipping : public bus::Agent {
public:
    Shipping() : Agent{"shipping"} {
        on<OrderPackedEvent>(&Shipping::send).emits<ParcelSentEvent>();
    }

private:
    void send(const OrderPackedEvent& order, bus::Context& context) {
        std::ifstream prices{"postage.txt"};
        std::string country;
        std::string postage;
        while (prices >> country >> postage) {
            if (country == order.country) {
                context.publish(ParcelSentEvent{{}, order.order_id, postage});
                return;
            }
        }
        throw bus::Failure::rejected("no postage is known for " + order.country);
    }
};
