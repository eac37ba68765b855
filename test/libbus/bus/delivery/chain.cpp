// Real threads: several publishers, four agents in a chain, each event once and in order. Also for
// the thread sanitizer.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include <bus/bus.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::PingEvent;

namespace {

constexpr int publishers = 4;
constexpr int agents = 4;
constexpr std::int64_t each = 5000; // 20,000 events in all

/// What a link emits, and the link after it takes. Each link has an event type of its own.
template <int Link>
struct LinkEvent : bus::Event<LinkEvent<Link>> {
    std::string name;
    std::int64_t number = 0;
};

using Link0Event = LinkEvent<0>;
using Link1Event = LinkEvent<1>;
using Link2Event = LinkEvent<2>;
using Link3Event = LinkEvent<3>;
using Link4Event = LinkEvent<4>;
BUS_DESCRIBE_EVENT(Link0Event, (name, number), bus::aggregate_id<&Link0Event::name>)
BUS_DESCRIBE_EVENT(Link1Event, (name, number), bus::aggregate_id<&Link1Event::name>)
BUS_DESCRIBE_EVENT(Link2Event, (name, number), bus::aggregate_id<&Link2Event::name>)
BUS_DESCRIBE_EVENT(Link3Event, (name, number), bus::aggregate_id<&Link3Event::name>)
BUS_DESCRIBE_EVENT(Link4Event, (name, number), bus::aggregate_id<&Link4Event::name>)

/// What an agent saw, by publisher; only its own steps touch it.
struct Seen {
    std::map<std::string, std::int64_t> next;
    std::int64_t count = 0;
    std::int64_t out_of_order = 0;

    void note(const std::string& name, std::int64_t number) {
        std::int64_t& wanted = next[name];
        out_of_order += number == wanted ? 0 : 1;
        wanted = number + 1;
        ++count;
    }
};

template <int Link>
std::unique_ptr<test::ScriptedAgent> link(Seen& seen, std::size_t capacity) {
    auto agent = test::scripted("link-" + std::to_string(Link));
    agent->settings().mailbox_capacity = capacity;
    agent->template handles<LinkEvent<Link>, LinkEvent<Link + 1>>(
        [&seen](const LinkEvent<Link>& event, bus::Context& context) {
            seen.note(event.name, event.number);
            LinkEvent<Link + 1> next;
            next.name = event.name;
            next.number = event.number;
            context.publish(next);
        });
    return agent;
}

void add_chain(bus::Bus& bus, std::vector<Seen>& seen) {
    bus.add(link<0>(seen[0], 1024));
    bus.add(link<1>(seen[1], 16)); // falls behind, and reads from the log
    bus.add(link<2>(seen[2], 1));
    bus.add(link<3>(seen[3], 1024));
}

void publish_all(bus::Bus& bus) {
    std::vector<std::thread> threads;
    for (int p = 0; p < publishers; ++p) {
        threads.emplace_back([&bus, p] {
            Link0Event event;
            event.name = "publisher-" + std::to_string(p);
            for (std::int64_t i = 0; i < each; ++i) {
                Link0Event next;
                next.name = event.name;
                next.number = i;
                i % 50 == 0 ? static_cast<void>(bus.publish(next))
                            : static_cast<void>(bus.post(next));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

void check(const std::vector<Seen>& seen) {
    for (const Seen& one : seen) {
        BOOST_TEST(one.count == publishers * each);
        BOOST_TEST(one.out_of_order == 0);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(chain)

BOOST_AUTO_TEST_CASE(S9_on_threads_each_event_is_handled_once_by_each_agent_and_in_order) {
    auto store = std::make_shared<bus::MemoryStore>();
    std::vector<Seen> seen(agents);
    std::atomic<std::int64_t> last{0};
    {
        bus::Bus bus{{nullptr, store}};
        const auto handler = bus.subscribe<Link4Event>([&](const Link4Event&) { ++last; });
        add_chain(bus, seen);
        publish_all(bus);
        BOOST_TEST(bus.wait_idle(100s));
        const bus::StopReport report = bus.stop(bus::Stop::drain);
        BOOST_TEST(report.drained);
        for (const bus::AgentStatus& status : report.agents) {
            BOOST_TEST(status.finished == static_cast<std::uint64_t>(publishers * each));
            BOOST_TEST(status.checkpoint == store->last_position());
        }
    }
    check(seen);
    BOOST_TEST(last == publishers * each);
    BOOST_TEST(store->last_position() == static_cast<bus::Position>(publishers * each * 5));
}

BOOST_AUTO_TEST_CASE(A1_without_a_store_each_event_is_handled_once_by_each_agent_and_in_order) {
    std::vector<Seen> seen(agents);
    bus::Bus bus;
    add_chain(bus, seen);
    publish_all(bus);
    BOOST_TEST(bus.wait_idle(100s));
    BOOST_TEST(bus.stop(bus::Stop::drain).drained);
    check(seen);
}

BOOST_AUTO_TEST_SUITE_END()
