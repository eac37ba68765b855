// A read model that answers the one who has just published, and commands of which some are refused.
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/describe/class.hpp>

#include <iostream>

using namespace std::chrono_literals;

struct SeatsWantedEvent : bus::Event<SeatsWantedEvent> {
    std::string show;
    std::int64_t seats = 0;
};
BUS_DESCRIBE_EVENT(SeatsWantedEvent, (show, seats), bus::aggregate_id<&SeatsWantedEvent::show>)

struct Show {
    std::int64_t free = 10;
    std::int64_t bookings = 0;
};
BOOST_DESCRIBE_STRUCT(Show, (), (free, bookings))

template <>
inline constexpr std::uint32_t bus::state_version<Show> = 2;

/// Books seats, and keeps what is free.
class BoxOffice : public bus::Agent {
public:
    explicit BoxOffice(std::string name) : Agent{std::move(name)} {
        on<SeatsWantedEvent>(&BoxOffice::book);
    }

private:
    void book(const SeatsWantedEvent& wanted, bus::Context& context) {
        Show show = context.state<Show>("show/" + wanted.show).value_or(Show{});
        if (wanted.seats > show.free) {
            throw bus::Failure::rejected("there are only " + std::to_string(show.free) + " seats");
        }
        show.free -= wanted.seats;
        ++show.bookings;
        context.set_state("show/" + wanted.show, show);
        // tag::step[]
        std::int64_t free = 0;
        for (const auto& [key, of_one] : context.states<Show>("show/")) {
            free += of_one.free; // with what this step has just set
        }
        // end::step[]
        context.set_state("free", free);
    }
};

/// Books by itself what is wanted, whatever was refused before.
class QuickOffice : public BoxOffice {
public:
    QuickOffice() : BoxOffice{"quick"} {
        // tag::on_dead[]
        settings().on_dead = bus::OnDead::go_on;
        // end::on_dead[]
    }
};

int main() {
    bus::Bus bus{{.store = std::make_shared<bus::MemoryStore>()}};
    bus::Observers observers{bus};
    // tag::parked[]
    observers.parked.connect(
        [](const bus::DomainEvent& event, std::string_view agent, std::uint64_t behind) {
            std::cout << agent << ": " << event.aggregate_id() << " is held up by event " << behind
                      << '\n';
        });
    // end::parked[]
    bus.emplace<BoxOffice>("strict");
    bus.emplace<QuickOffice>();
    for (const std::int64_t seats : {4, 8, 2}) { // the second one is refused
        bus.publish(SeatsWantedEvent{{}, "Hamlet", seats});
    }
    bus.wait_idle(); // what the observer prints comes first
    const auto published = bus.publish(SeatsWantedEvent{{}, "Faust", 3});
    // tag::wait[]
    if (bus.wait_for("quick", published.position, 2s)) {
        const auto show = bus.read_state<Show>("quick", "show/Faust");
        std::cout << show.value_or(Show{}).free << " seats are free\n";
    }
    // end::wait[]
    std::cout << "strict has come to the end: " << std::boolalpha
              << bus.wait_for("strict", published.position, 100ms) << '\n';
    // tag::host[]
    bus::EventStore& store = *bus.store(); // or one that another program writes, read-only
    for (const auto& [key, show] : bus::read_states<Show>(store, "quick", "show/")) {
        std::cout << key << ": " << show.free << " free, " << show.bookings << " booked\n";
    }
    // end::host[]
    std::cout << "in all: " << bus.read_state<std::int64_t>("quick", "free").value_or(0) << '\n';
}
