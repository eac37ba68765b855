// When a failed delivery is tried again, according to the rows of a store: R1.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using test::ping;
using test::PingEvent;

namespace {

/// A simulated runtime with random numbers from a test, which knows for which failure each is
/// drawn.
class ScriptedRuntime final : public bus::Runtime {
public:
    /// The n-th failure (from 1) of the ping with this number.
    using Draw = std::pair<std::int64_t, std::uint32_t>;

    /// The next number is drawn for this failure.
    void expect(Draw draw) { next_ = draw; }

    [[nodiscard]] std::uint64_t drawn(const Draw& draw) const { return drawn_.at(draw); }

    bus::SimulatedRuntime simulated{7};

    std::uint64_t random() override {
        // The smallest and the largest jitter, and some in between.
        constexpr std::uint64_t ends[] = {0, std::numeric_limits<std::uint64_t>::max()};
        const std::uint64_t number = drawn_.size() < std::size(ends) ? ends[drawn_.size()] : any_();
        if (next_) {
            drawn_[*std::exchange(next_, std::nullopt)] = number;
        }
        return number;
    }

    bus::Timestamp now() override { return simulated.now(); }

    bus::Executor& pool() override { return simulated.pool(); }

    std::unique_ptr<bus::Executor> dedicated(const std::string& name) override {
        return simulated.dedicated(name);
    }

    TimerId schedule(bus::Duration delay, bus::Task task) override {
        return simulated.schedule(delay, std::move(task));
    }

    bool cancel(TimerId timer) override { return simulated.cancel(timer); }

    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
              const std::function<bool()>& done, std::optional<bus::Duration> timeout) override {
        return simulated.wait(lock, changed, done, timeout);
    }

    [[nodiscard]] bool virtual_time() const noexcept override { return true; }

    std::size_t poll(std::size_t limit) override { return simulated.poll(limit); }

private:
    std::optional<Draw> next_;
    std::map<Draw, std::uint64_t> drawn_;
    std::mt19937_64 any_{42};
};

/// An agent whose steps all fail, on a store in a file.
struct Failing {
    test::TempFolder folder;
    std::shared_ptr<ScriptedRuntime> runtime = std::make_shared<ScriptedRuntime>();
    std::shared_ptr<bus::SqliteStore> store;
    std::optional<bus::Bus> bus;
    std::map<std::int64_t, std::vector<bus::Timestamp>> attempts; ///< of each ping
    bus::RetryPolicy policy{
        .max_attempts = 6, .initial_delay = 80ms, .factor = 2.7, .max_delay = 2s, .jitter = 0.37};

    Failing() { start(); }

    void start() {
        store = bus::SqliteStore::open({.path = folder.path() / "store.db"});
        bus.emplace(bus::BusOptions{runtime, store});
        auto agent = test::scripted("failing");
        agent->settings().retry = policy;
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context& context) {
            attempts[event.number].push_back(context.now());
            runtime->expect({event.number, context.attempt()});
            throw std::runtime_error{"down"};
        });
        bus->add(std::move(agent));
    }

    void restart() {
        bus.reset();
        store.reset();
        start();
    }

    [[nodiscard]] auto rows(bus::DeliveryState state) const {
        return store->deliveries("failing", state);
    }

    /// Each row is due after the delay that the policy gives for the number drawn for it.
    void check_due() const {
        for (const bus::DeliveryRecord& row : rows(bus::DeliveryState::deferred)) {
            const auto number = static_cast<std::int64_t>(row.position);
            const bus::Duration delay =
                policy.delay(row.failures, runtime->drawn({number, row.failures}));
            BOOST_TEST_REQUIRE(row.attempts.size() == row.failures);
            BOOST_TEST((row.due - row.attempts.back().at).count() == delay.count());
        }
    }

    /// Each ping was tried exactly when its row said.
    void check_moments(std::int64_t number) const {
        const std::vector<bus::Timestamp>& moments = attempts.at(number);
        for (std::uint32_t n = 1; n < moments.size(); ++n) {
            BOOST_TEST((moments[n] - moments[n - 1]).count() ==
                       policy.delay(n, runtime->drawn({number, n})).count());
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(retry_delays_on_a_store, Failing)

BOOST_AUTO_TEST_CASE(R1_on_a_store_each_delay_is_that_of_the_policy_to_the_microsecond) {
    constexpr std::int64_t pings = 8;
    for (std::int64_t number = 1; number <= pings; ++number) { // which is the position as well
        bus->publish(ping("ping-" + std::to_string(number), number));
    }
    bus->wait_idle();
    BOOST_TEST_REQUIRE(rows(bus::DeliveryState::deferred).size() == 8U);
    check_due();
    for (int run = 0; run < 12; ++run) {
        const auto before = rows(bus::DeliveryState::deferred);
        restart();
        const auto after = rows(bus::DeliveryState::deferred);
        BOOST_TEST_REQUIRE(after.size() == before.size());
        for (std::size_t i = 0; i < after.size(); ++i) {
            BOOST_TEST((after[i].due == before[i].due));
        }
        runtime->simulated.run_for(333ms);
        check_due();
    }
    runtime->simulated.run_until_idle(1min);
    BOOST_TEST(rows(bus::DeliveryState::dead).size() == 8U);
    for (std::int64_t number = 1; number <= pings; ++number) {
        BOOST_TEST(attempts.at(number).size() == policy.max_attempts);
        check_moments(number);
    }
}

BOOST_AUTO_TEST_CASE(R1_on_a_store_jitter_is_drawn_again_for_each_failure) {
    bus->publish(ping("x", 1));
    bus->publish(ping("y", 2));
    runtime->simulated.run_until_idle(1min);
    std::vector<std::uint64_t> drawn;
    for (const std::int64_t number : {1, 2}) {
        for (std::uint32_t n = 1; n < policy.max_attempts; ++n) {
            drawn.push_back(runtime->drawn({number, n}));
        }
    }
    std::sort(drawn.begin(), drawn.end());
    BOOST_TEST((std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end()));
}

BOOST_AUTO_TEST_SUITE_END()
