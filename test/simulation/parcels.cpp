#include "test/simulation/parcels.hpp"

#include "demo/events/order_events.hpp"
#include <bus/event/codec.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

namespace simulation {

using namespace std::chrono_literals;

namespace {

/// What goes wrong with an order; the same in every run.
enum class Matter : std::uint8_t { refused, refused_then_waits, fails_twice, waits, none };

std::uint64_t number_of(std::string_view order_id) {
    std::uint64_t number = 0;
    for (const char c : order_id) {
        number = number * 31 + static_cast<unsigned char>(c);
    }
    return number;
}

Matter matter_with(std::string_view order_id) {
    constexpr std::uint64_t one_in = 12;
    const std::uint64_t lot = number_of(order_id) % one_in;
    return lot < static_cast<std::uint64_t>(Matter::none) ? static_cast<Matter>(lot) : Matter::none;
}

class Packer final : public bus::Agent {
public:
    struct Newer {};

    Packer() : Agent{older_packer} { declare(); }

    explicit Packer(Newer /*program*/) : Agent{newer_packer, bus::formerly(older_packer)} {
        declare();
    }

private:
    void declare() {
        settings().on_dead = bus::OnDead::go_on;
        settings().sequence = bus::Sequence::by([](const bus::DomainEvent& event) {
            return static_cast<const demo::OrderCreatedEvent&>(event).marketplace;
        });
        settings().retry = {.max_attempts = 5,
                            .initial_delay = 10ms,
                            .factor = 3.0,
                            .max_delay = 1s,
                            .jitter = 0.5};
        on<demo::OrderCreatedEvent>(&Packer::pack).emits<ParcelPackedEvent, ParcelCollectedEvent>();
    }

    void pack(const demo::OrderCreatedEvent& event, bus::Context& context) const {
        look_at(event, context);
        const std::string key = "packed/" + event.marketplace;
        auto packed =
            context.state<std::vector<std::string>>(key).value_or(std::vector<std::string>{});
        packed.push_back(event.order_id);
        context.set_state(key, packed);
        context.publish(ParcelPackedEvent{{},
                                          event.order_id,
                                          event.marketplace,
                                          static_cast<std::int64_t>(context.position()),
                                          context.redrives()});
        const auto ms = static_cast<std::int64_t>(number_of(event.order_id) % 800);
        context.schedule(std::chrono::milliseconds{ms}, ParcelCollectedEvent{{}, event.order_id});
    }

    static void look_at(const demo::OrderCreatedEvent& event, const bus::Context& context) {
        const Matter matter = matter_with(event.order_id);
        const bool refused = matter == Matter::refused || matter == Matter::refused_then_waits;
        if (refused && context.redrives() == 0) {
            throw bus::Failure::rejected("the parcel is too heavy");
        }
        if (matter == Matter::fails_twice && context.attempt() < 3) {
            throw bus::Failure::transient("the tape is torn");
        }
        // The attempt after the one that made it a dead letter; the next one packs it.
        const bool waits = matter == Matter::refused_then_waits && context.attempt() == 2;
        if (waits || (matter == Matter::waits && context.attempt() == 1)) {
            throw bus::Failure::not_ready("there is no box of that size", 2h);
        }
    }
};

/// The packer's part of the log.
struct ParcelLog {
    std::map<bus::Position, std::string> orders{}; ///< that it had to pack, by position
    std::map<bus::Position, ParcelPackedEvent> packed{};
    std::map<std::string, int> collected{}; ///< by order
};

ParcelLog read_parcels(bus::EventStore& log) {
    ParcelLog result;
    for (const bus::StoredEvent& stored : log.read(0, bus::EventStore::unlimited)) {
        const auto event = bus::decode(stored.record);
        if (!event) {
            continue;
        }
        if (const auto* order = bus::event_cast<demo::OrderCreatedEvent>(*event)) {
            result.orders.emplace(stored.position, order->order_id);
        } else if (const auto* packed = bus::event_cast<ParcelPackedEvent>(*event)) {
            result.packed.emplace(stored.position, *packed);
        } else if (const auto* collected = bus::event_cast<ParcelCollectedEvent>(*event)) {
            ++result.collected[collected->order_id];
        }
    }
    return result;
}

class ParcelChecks {
public:
    ParcelChecks(bus::EventStore& store, bus::EventStore& log, std::string agent)
        : store_{store}, agent_{std::move(agent)}, log_{read_parcels(log)} {}

    std::vector<std::string> all(const std::set<bus::Position>& discards_asked,
                                 bool newer_program) {
        check_name(newer_program);
        check_packed();
        check_not_packed(discards_asked);
        check_collected();
        check_states();
        check_rest();
        return std::move(found_);
    }

private:
    void check_name(bool newer_program) {
        const char* const other = newer_program ? older_packer : newer_packer;
        if (store_.agent(other)) {
            found_.push_back(std::string{"the store still has an agent "} + other);
        }
        const auto record = store_.agent(agent_);
        if (record && record->start != 0) {
            found_.push_back("agent " + agent_ + " began anew after position " +
                             std::to_string(record->start));
        }
    }

    /// Each order once, and those that were never given up in order.
    void check_packed() {
        std::map<std::string, std::int64_t> newest;
        for (const auto& [position, parcel] : log_.packed) {
            const auto of = static_cast<bus::Position>(parcel.order_position);
            if (!log_.orders.contains(of)) {
                found_.push_back("a parcel was packed for no order: " + parcel.order_id);
            } else if (!positions_.insert(of).second) {
                found_.push_back("order " + parcel.order_id + " was packed twice");
            }
            if (parcel.redrives != 0) {
                continue;
            }
            std::int64_t& before = newest[parcel.marketplace];
            if (parcel.order_position < before) {
                found_.push_back("order " + parcel.order_id + " was packed after a later one of " +
                                 parcel.marketplace + ", and was never given up");
            }
            before = std::max(before, parcel.order_position);
        }
    }

    void check_not_packed(const std::set<bus::Position>& discards_asked) {
        std::uint64_t missing = 0;
        for (const auto& [position, order] : log_.orders) {
            if (positions_.contains(position)) {
                continue;
            }
            ++missing;
            if (!discards_asked.contains(position)) {
                found_.push_back("order " + order + " was not packed");
            }
        }
        const auto record = store_.agent(agent_);
        const std::uint64_t discarded = record ? record->discarded : 0;
        if (missing != discarded) {
            found_.push_back("agent " + agent_ + " counts " + std::to_string(discarded) +
                             " as discarded, and " + std::to_string(missing) +
                             " orders were not packed");
        }
    }

    void check_collected() {
        std::set<std::string> parcels;
        for (const auto& [position, parcel] : log_.packed) {
            const auto found = log_.collected.find(parcel.order_id);
            const int times = found == log_.collected.end() ? 0 : found->second;
            parcels.insert(parcel.order_id);
            if (times != 1) {
                found_.push_back("the parcel of order " + parcel.order_id + " was collected " +
                                 std::to_string(times) + " times");
            }
        }
        for (const auto& [order, times] : log_.collected) {
            if (!parcels.contains(order)) {
                found_.push_back("the parcel of order " + order + " was collected, and not packed");
            }
        }
    }

    /// The state that results if each committed step is applied once.
    void check_states() {
        std::map<std::string, std::vector<std::string>> wanted;
        for (const auto& [position, parcel] : log_.packed) {
            wanted["packed/" + parcel.marketplace].push_back(parcel.order_id);
        }
        std::map<std::string, std::string> texts;
        for (const auto& [key, orders] : wanted) {
            texts[key] = bus::to_json_text(orders);
        }
        std::map<std::string, std::string> kept;
        for (const bus::StateRecord& state : store_.states(agent_, "")) {
            kept[state.key] = state.json;
        }
        if (kept != texts) {
            found_.push_back("agent " + agent_ + " does not keep what it has packed");
        }
    }

    void check_rest() {
        if (const auto rows = store_.delivery_briefs(agent_).size(); rows != 0) {
            found_.push_back("agent " + agent_ + " has " + std::to_string(rows) +
                             " deliveries left");
        }
        if (const auto timers = store_.count_timers(); timers != 0) {
            found_.push_back(std::to_string(timers) + " timers have not fired");
        }
    }

    bus::EventStore& store_;
    std::string agent_;
    ParcelLog log_;
    std::set<bus::Position> positions_; ///< of orders that were packed
    std::vector<std::string> found_;
};

} // namespace

std::unique_ptr<bus::Agent> packer(bool newer_program) {
    return newer_program ? std::make_unique<Packer>(Packer::Newer{}) : std::make_unique<Packer>();
}

std::string packer_name(bus::EventStore& store) {
    return store.agent(newer_packer) ? newer_packer : older_packer;
}

// holds R14_in_the_simulation_dead_letters_hold_nothing_up
std::vector<std::string> held_up_by_dead_letters(bus::EventStore& store) {
    const std::string agent = packer_name(store);
    std::map<std::string, bus::Position> waiting; ///< the first that has its place, by sequence
    for (const bus::DeliveryRecord& row : store.deliveries(agent, bus::DeliveryState::deferred)) {
        if (row.redrives == 0) {
            waiting.emplace(row.sequence, row.position);
        }
    }
    std::vector<std::string> found;
    for (const bus::DeliveryRecord& row : store.deliveries(agent, bus::DeliveryState::parked)) {
        const auto first = waiting.find(row.sequence);
        if (first == waiting.end() || first->second > row.position) {
            found.push_back("agent " + agent + " has event " + std::to_string(row.position) +
                            " parked behind dead or redriven ones only");
        }
    }
    return found;
}

// holds R15_in_the_simulation_a_renamed_agent_loses_nothing_and_does_nothing_twice
std::vector<std::string> check_parcels(bus::EventStore& store, bus::EventStore& log,
                                       const std::set<bus::Position>& discards_asked,
                                       bool newer_program) {
    return ParcelChecks{store, log, newer_program ? newer_packer : older_packer}.all(discards_asked,
                                                                                     newer_program);
}

} // namespace simulation
