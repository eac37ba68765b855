#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

/// The kinds of callables that handlers and filters may be, and those that are refused.
namespace callables {

struct AlarmEvent : bus::Event<AlarmEvent> {
    int level = 0;
    bool loud = false;

    [[nodiscard]] bool urgent() const { return level > 3; }

    void note() const { *noted += level; }

    std::shared_ptr<int> noted = std::make_shared<int>(0); // not described: it stays in the process
};
BUS_DESCRIBE_EVENT(AlarmEvent, (level, loud))

void nothing(const AlarmEvent& /*event*/) {}

class Watcher : public bus::Agent {
public:
    explicit Watcher(std::function<void(const AlarmEvent&, bus::Context&)> handle)
        : Agent{"watcher"} {
        on<AlarmEvent>(std::move(handle));
    }
};

class Sleeper : public bus::Agent {
public:
    Sleeper() : Agent{"sleeper"} {
        on<AlarmEvent>([](const AlarmEvent& event, bus::StepContext<AlarmEvent>& context) {
            using namespace std::chrono_literals;
            if (event.level == 0) {
                context.schedule(1.5s, AlarmEvent{{}, 9});
            }
        });
    }
};

bool names_type(const std::invalid_argument& error) {
    return std::string_view{error.what()}.find("AlarmEvent") != std::string_view::npos;
}

} // namespace callables

BOOST_AUTO_TEST_SUITE(callables_test)

using callables::AlarmEvent;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(members_of_the_event_are_filters_and_handlers) {
    bus::Bus bus;
    const auto noting = bus.subscribe<AlarmEvent>(&AlarmEvent::note);
    int urgent = 0;
    int loud = 0;
    const auto by_function =
        bus.subscribe<AlarmEvent>([&](const AlarmEvent&) { ++urgent; }, &AlarmEvent::urgent);
    const auto by_member = bus.subscribe<AlarmEvent>([&](const AlarmEvent&) { ++loud; },
                                                     &AlarmEvent::loud, {.priority = 2});
    AlarmEvent event{{}, 5, false};
    BOOST_TEST(bus.publish(event).handlers.failures.empty());
    event.level = 1;
    event.loud = true;
    bus.publish(event);
    BOOST_TEST(*event.noted == 6);
    BOOST_TEST(urgent == 1);
    BOOST_TEST(loud == 1);
}

BOOST_AUTO_TEST_CASE(a_callable_that_is_null_is_refused_when_it_is_subscribed) {
    bus::Bus bus;
    const std::function<void(const AlarmEvent&)> empty;
    const std::function<bool(const AlarmEvent&)> no_filter;
    void (*const pointer)(const AlarmEvent&) = nullptr;
    void (AlarmEvent::*const member)() const = nullptr;
    const auto refused = &callables::names_type;
    BOOST_CHECK_EXCEPTION((void)bus.subscribe<AlarmEvent>(empty), std::invalid_argument, refused);
    BOOST_CHECK_EXCEPTION((void)bus.subscribe<AlarmEvent>(pointer), std::invalid_argument, refused);
    BOOST_CHECK_EXCEPTION((void)bus.subscribe<AlarmEvent>(member), std::invalid_argument, refused);
    BOOST_CHECK_EXCEPTION((void)bus.subscribe<AlarmEvent>(&callables::nothing, no_filter),
                          std::invalid_argument, refused);
    BOOST_CHECK_EXCEPTION(callables::Watcher{nullptr}, std::invalid_argument, refused);
    BOOST_CHECK_THROW(bus.add(nullptr), std::invalid_argument);
    const auto right = bus.subscribe<AlarmEvent>(&callables::nothing);
    BOOST_TEST(bus.publish(AlarmEvent{}).handlers.handled == 1U);
}

BOOST_AUTO_TEST_CASE(delays_may_be_fractions_of_a_second) {
    const auto runtime = std::make_shared<bus::SimulatedRuntime>(1);
    bus::Bus bus{{.runtime = runtime}};
    bus.emplace<callables::Sleeper>();
    int alarms = 0;
    const auto counting =
        bus.subscribe<AlarmEvent>([&](const AlarmEvent& event) { alarms += event.level; });
    bus.schedule(0.5s, AlarmEvent{{}, 1});
    bus.schedule(std::chrono::nanoseconds{1}, AlarmEvent{{}, 10});
    bus.schedule(std::chrono::duration<float, std::milli>{2.5F}, AlarmEvent{{}, 100});
    bus.schedule(1e300s, AlarmEvent{{}, 1000});
    BOOST_CHECK_THROW(bus.schedule(1s * std::numeric_limits<double>::quiet_NaN(), AlarmEvent{}),
                      std::invalid_argument);
    runtime->run_for(499'999us);
    BOOST_TEST(alarms == 110);
    runtime->run_for(1us);
    BOOST_TEST(alarms == 111);
    bus.publish(AlarmEvent{});
    runtime->run_for(1'499'999us);
    BOOST_TEST(alarms == 111);
    runtime->run_for(1us);
    BOOST_TEST(alarms == 120);
}

namespace {

struct Gauge {
    virtual ~Gauge() = default;

    void take(const AlarmEvent& event) { sum += event.level; }

    virtual void shout(const bus::DomainEvent& event) noexcept { heard += event.event_type(); }

    void look(AlarmEvent /*copy*/) const { ++looks; }

    int sum = 0;
    mutable int looks = 0;
    std::string heard;
};

struct LoudGauge : Gauge {
    void shout(const bus::DomainEvent& /*event*/) noexcept override { heard = "LOUD"; }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_member_function_is_subscribed_with_its_object) {
    bus::Bus bus;
    LoudGauge gauge;
    const Gauge& constant = gauge;
    const auto taken = bus.subscribe<AlarmEvent>(&Gauge::take, &gauge);
    const auto shouted = bus.subscribe<AlarmEvent>(&Gauge::shout, &gauge, {.once = true});
    const auto looked = bus.subscribe<AlarmEvent>(&Gauge::look, &constant);
    bus.publish(AlarmEvent{{}, 2});
    bus.publish(AlarmEvent{{}, 3});
    BOOST_TEST(gauge.sum == 5);
    BOOST_TEST(gauge.looks == 2);
    BOOST_TEST(gauge.heard == "LOUD");
    BOOST_TEST(!shouted.active());
}

BOOST_AUTO_TEST_CASE(a_member_function_of_a_shared_object_ends_with_it) {
    bus::Bus bus;
    auto gauge = std::make_shared<LoudGauge>();
    const auto taken = bus.subscribe<AlarmEvent>(&LoudGauge::take, gauge, {.name = "gauge"});
    BOOST_TEST(gauge.use_count() == 1);
    bus.publish(AlarmEvent{{}, 2});
    BOOST_TEST(gauge->sum == 2);
    gauge.reset();
    BOOST_TEST(bus.publish(AlarmEvent{{}, 2}).handlers.handled == 0U);
    BOOST_TEST(!taken.active());
}

BOOST_AUTO_TEST_CASE(a_member_function_or_an_object_that_is_null_is_refused) {
    bus::Bus bus;
    Gauge gauge;
    void (Gauge::*const none)(const AlarmEvent&) = nullptr;
    BOOST_CHECK_THROW((void)bus.subscribe<AlarmEvent>(none, &gauge), std::invalid_argument);
    Gauge* const nobody = nullptr;
    BOOST_CHECK_THROW((void)bus.subscribe<AlarmEvent>(&Gauge::take, nobody), std::invalid_argument);
    BOOST_CHECK_THROW((void)bus.subscribe<AlarmEvent>(&Gauge::take, std::shared_ptr<Gauge>{}),
                      std::invalid_argument);
    // A filter of an event's own member function is still a filter.
    const auto noted = bus.subscribe<AlarmEvent>(&AlarmEvent::note, &AlarmEvent::urgent);
    AlarmEvent alarm{{}, 4};
    bus.publish(alarm);
    BOOST_TEST(*alarm.noted == 4);
}

BOOST_AUTO_TEST_SUITE_END()
