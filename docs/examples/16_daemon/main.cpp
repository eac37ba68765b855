// A daemon: in the background before it makes a thread; the first SIGTERM or SIGINT drains its bus,
// the second one stops it now.
#include <bus/bus.hpp>
#include <bus/observers.hpp>
#include <bus/store/store_url.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <future>
#include <iostream>
#include <thread>

using namespace std::chrono_literals;

struct ParcelArrivedEvent : bus::Event<ParcelArrivedEvent> {
    std::string parcel_id;
};
BUS_DESCRIBE_EVENT(ParcelArrivedEvent, (parcel_id))

/// Takes a while for each parcel. So that the example ends by itself it sends the signals that an
/// operator or systemd would send: `first` with the third parcel of a run, `second` with the fifth.
class Sorter : public bus::Agent {
public:
    Sorter(int first, int second) : Agent{"sorter"} {
        on<ParcelArrivedEvent>([=, this](const ParcelArrivedEvent&, bus::Context& context) {
            context.set_state("sorted", context.state<int>("sorted").value_or(0) + 1);
            ++handled_;
            if (const int signal = handled_ == 3 ? first : handled_ == 5 ? second : 0) {
                ::kill(::getpid(), signal);
            }
            std::this_thread::sleep_for(10ms);
        });
    }

private:
    int handled_ = 0; // by this run
};

// tag::signals[]
/// The signals that end the program. They are blocked in this thread and in all that it starts, so
/// make this before the bus: no handler interrupts anything, and whoever wants to know asks.
class EndSignals {
public:
    EndSignals() {
        sigemptyset(&set_);
        sigaddset(&set_, SIGTERM);
        sigaddset(&set_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }

    void wait() const {
        int which = 0;
        sigwait(&set_, &which);
    }

    [[nodiscard]] bool came() const {
        const timespec at_once{};
        return sigtimedwait(&set_, nullptr, &at_once) > 0;
    }

private:
    sigset_t set_{};
};

// end::signals[]

// tag::run[]
/// From its start to its end. What is made last goes first: the observers, the bus, the store.
bus::StopReport serve(const std::string& url, int parcels, int first, int second) {
    const EndSignals signals;
    const auto store = bus::open_store(url, {.program = "sorter"});
    bus::Bus bus{{.store = store}};
    bus::Observers observers{bus};
    observers.trouble.connect([](std::string_view what) { std::cerr << what << '\n'; });
    bus.emplace<Sorter>(first, second);
    for (int i = 0; i < parcels; ++i) {
        bus.post(ParcelArrivedEvent{{}, "parcel-" + std::to_string(i)});
    }

    signals.wait();
    auto stopped = std::async(std::launch::async, [&] { return bus.stop(bus::Stop::drain, 20s); });
    while (stopped.wait_for(20ms) != std::future_status::ready) {
        if (signals.came()) {
            bus.stop(bus::Stop::now); // the steps that run end, the rest stays in the log
        }
    }
    return stopped.get();
}

// end::run[]

void tell(const char* when, const bus::StopReport& report) {
    std::cout << when << ": " << (report.drained ? "drained" : "stopped") << ", "
              << (report.queued == 0 ? "nothing is left" : "the rest is left in the log")
              << std::endl;
}

int main() {
    std::filesystem::remove("sorter.db");
    // tag::background[]
    // Under systemd, leave this out (Type=exec). A path stays right only if "/" does not become the
    // working directory (the first argument), or if it is absolute. A daemon that writes a log
    // would close what it has inherited (the second one).
    if (::daemon(1, 1) != 0) {
        std::perror("daemon");
        return 1;
    }
    // end::background[]
    tell("SIGTERM", serve("sqlite:sorter.db", 20, SIGTERM, 0));
    tell("SIGTERM, then SIGINT", serve("sqlite:sorter.db", 300, SIGTERM, SIGINT));
    tell("another run", serve("sqlite:sorter.db", 0, SIGTERM, 0));

    const auto store = bus::open_store("sqlite:sorter.db", {.read_only = true});
    std::cout << "parcels " << store->last_position() << ", sorted "
              << bus::read_state<int>(*store, "sorter", "sorted").value_or(0) << std::endl;
}
