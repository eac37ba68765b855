// A store in a file: a program that ends and begins again goes on where it was.
#include <bus/bus.hpp>
#include <bus/store/store_url.hpp>

#include <filesystem>
#include <iostream>

struct ParcelScannedEvent : bus::Event<ParcelScannedEvent> {
    std::string parcel_id;
    std::string place;
};
BUS_DESCRIBE_EVENT(ParcelScannedEvent, (parcel_id, place),
                   bus::aggregate_id<&ParcelScannedEvent::parcel_id>)

/// Counts how often each parcel was seen.
class Tracker : public bus::Agent {
public:
    Tracker() : Agent{"tracker"} { on<ParcelScannedEvent>(&Tracker::count); }

private:
    void count(const ParcelScannedEvent& scan, bus::Context& context) {
        const auto seen = context.state<int>(scan.parcel_id).value_or(0) + 1;
        context.set_state(scan.parcel_id, seen);
        std::cout << scan.parcel_id << " in " << scan.place << ", scan " << seen << ", position "
                  << context.position() << '\n';
    }
};

/// What would be one run of the program.
void run(const std::string& url, const std::vector<std::string>& places) {
    // tag::run[]
    // tag::open[]
    const auto store = bus::open_store(url);
    // end::open[]
    bus::Bus bus{{.store = store}};
    bus.emplace<Tracker>();
    for (const std::string& place : places) {
        bus.publish(ParcelScannedEvent{{}, "parcel-7", place}); // on the disk when it returns
    }
    bus.stop(bus::Stop::drain);
    // end::run[]
}

int main() {
    std::filesystem::remove("parcels.db");
    run("sqlite:parcels.db", {"Lisbon", "Madrid"});
    run("sqlite:parcels.db", {"Paris"});

    const auto store = bus::open_store("sqlite:parcels.db", {.read_only = true});
    std::cout << "the parcel's stream:";
    for (const bus::StoredEvent& event : store->read_stream("Parcel", "parcel-7", 0, 100)) {
        std::cout << ' ' << event.stream_version << ' ' << event.record.data;
    }
    std::cout << '\n';
}
