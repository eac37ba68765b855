// A bus in a program on Boost.Asio: in the loop of an io_context, then on the threads of a pool.
#include <bus/bus.hpp>
#include <bus/runtime/asio.hpp>
#include <bus/runtime/system_runtime.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>

#include <csignal>
#include <iostream>

struct TicketBoughtEvent : bus::Event<TicketBoughtEvent> {
    std::string ticket_id;
};
BUS_DESCRIBE_EVENT(TicketBoughtEvent, (ticket_id), bus::aggregate_id<&TicketBoughtEvent::ticket_id>)

struct DoorsOpenedEvent : bus::Event<DoorsOpenedEvent> {
    std::string hall;
};
BUS_DESCRIBE_EVENT(DoorsOpenedEvent, (hall), bus::aggregate_id<&DoorsOpenedEvent::hall>)

/// Prints what it gets.
class Usher : public bus::Agent {
public:
    Usher() : Agent{"usher"} {
        on<TicketBoughtEvent>([](const TicketBoughtEvent& ticket) {
            std::cout << "a seat for " << ticket.ticket_id << '\n';
        });
        on<DoorsOpenedEvent>(
            [](const DoorsOpenedEvent& doors) { std::cout << doors.hall << " is open\n"; });
    }
};

void in_the_loop() {
    // tag::loop[]
    boost::asio::io_context io;
    bus::Bus bus{{.runtime = bus::asio_runtime(io), .store = std::make_shared<bus::MemoryStore>()}};
    bus.emplace<Usher>();

    // A handler of Asio uses the bus like any other code, and may wait for it.
    boost::asio::post(io, [&bus] {
        const auto report = bus.publish(TicketBoughtEvent{{}, "ada"});
        std::cout << "ticket " << report.position << " is committed\n";
    });

    boost::asio::signal_set signals{io, SIGINT, SIGTERM};
    signals.async_wait([&bus](const auto& /*error*/, int /*number*/) {
        bus.stop(bus::Stop::drain); // then nothing keeps io.run() from returning
    });

    bus.schedule(std::chrono::milliseconds{5}, DoorsOpenedEvent{{}, "hall 1"});
    const auto closing = bus.subscribe<DoorsOpenedEvent>(
        [](const DoorsOpenedEvent& /*doors*/) { std::raise(SIGTERM); });
    io.run();
    // end::loop[]
}

void on_an_executor() {
    // tag::executor[]
    boost::asio::thread_pool pool{2};
    {
        bus::Bus bus{{.runtime = std::make_shared<bus::SystemRuntime>(
                          std::make_shared<bus::AsioExecutor>(pool))}};
        bus.emplace<Usher>();
        bus.publish(TicketBoughtEvent{{}, "bob"});
        bus.stop(bus::Stop::drain); // waits, while the pool runs the agent
    }                               // the bus and its runtime go first, the pool last
    pool.join();
    // end::executor[]
}

int main() {
    in_the_loop();
    on_an_executor();
}
