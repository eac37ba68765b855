// Events that kill the process: S11. Here, a death is a store that accepts nothing more, and a bus
// that is destroyed. test/crash does it with real processes.
#include "test/libbus/bus/delivery/stored_world.hpp"
#include "test/support/troubled_store.hpp"

#include <set>

using namespace std::chrono_literals;
using bus::DeliveryState;
using test::ping;
using test::PingEvent;
using test::scripted;

namespace {

struct QuarantineWorld : test::StoredWorld {
    explicit QuarantineWorld(std::uint64_t seed = 1) : StoredWorld{seed} {
        bus.reset();
        memory = std::make_shared<bus::MemoryStore>();
        troubled = std::make_shared<test::TroubledStore>(memory);
        store = troubled;
    }

    void add(const std::string& name, std::uint32_t workers) {
        auto agent = scripted(name);
        agent->settings().workers = workers;
        agent->settings().sequence = bus::Sequence::none();
        agent->settings().retry = test::every(1s, 3);
        agent->handles<PingEvent>([this, name](const PingEvent& event, bus::Context& context) {
            if (killers.contains({name, event.number})) {
                troubled->disk_full = true; // whatever comes now is lost
                return;
            }
            if (event.number % 5 == 0 && context.attempt() == 1) {
                throw bus::Failure::transient("once");
            }
        });
        agent->gives_up_with<test::GivenUpEvent>(
            [](const bus::DomainEvent&, const bus::Failure& failure, bus::Context& context) {
                context.publish(test::given_up("x", failure.what()));
            });
        bus->add(std::move(agent));
    }

    /// True: it came to its end without dying.
    bool live() {
        troubled->disk_full = false;
        try {
            start();
            add("first", 1);
            add("second", 3);
            while (published < 40 && !troubled->disk_full) {
                bus->publish(ping("x", published + 1));
                ++published;
            }
            while (!troubled->disk_full && runtime->run_one()) {
            }
            if (!troubled->disk_full) {
                runtime->run_until_idle(1min);
            }
        } catch (const std::exception&) {
            BOOST_TEST_REQUIRE(troubled->disk_full);
        }
        const bool died = troubled->disk_full;
        bus.reset();
        return !died;
    }

    std::shared_ptr<bus::MemoryStore> memory;
    std::shared_ptr<test::TroubledStore> troubled;
    std::set<std::pair<std::string, std::int64_t>> killers;
    std::int64_t published = 0;
};

/// An agent with several workers that counts how many of its steps ran at the same time. A test
/// decides what happens at events named "bad".
struct SideBySideWorld : test::StoredWorld {
    void live() {
        restart();
        most = 0;
        auto agent = scripted("several");
        agent->settings().workers = 3;
        agent->settings().sequence = bus::Sequence::none();
        agent->settings().retry = test::every(1s, 2);
        agent->handles<PingEvent>([this](const PingEvent& event, bus::Context& context) {
            ++running;
            most = std::max(most, running);
            if (event.name == "bad") {
                alone = running == 1 && runtime->poll(1'000) == 0;
                --running;
                bad(context);
                return;
            }
            runtime->poll(1'000); // runs the others while this step is in progress
            --running;
        });
        bus->add(std::move(agent));
        bus->wait_idle();
    }

    void publish(std::int64_t count) {
        for (std::int64_t i = 1; i <= count; ++i) {
            bus->post(ping("good", i));
        }
        bus->wait_idle();
    }

    /// The last thing before the end is a retry, which is noted before it runs.
    void end_with_a_retry() {
        live();
        bus->publish(ping("bad"));
        bus->wait_idle();
        runtime->run_for(2s);
        bus.reset();
        BOOST_TEST((store->begun("several").value().repeated == std::vector<bus::Position>{1}));
    }

    std::function<void(bus::Context&)> bad;
    int running = 0;
    int most = 0;
    bool alone = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(quarantine)

BOOST_AUTO_TEST_CASE(S11_an_event_that_kills_the_process_is_quarantined_and_no_innocent_one_is) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        QuarantineWorld world{seed};
        world.killers = {{"first", 7}, {"second", 20}};
        int lives = 1;
        while (!world.live()) {
            BOOST_TEST_REQUIRE(++lives < 40);
        }
        for (const char* agent : {"first", "second"}) {
            const auto dead = world.memory->deliveries(agent, DeliveryState::dead);
            BOOST_TEST_REQUIRE(dead.size() == 1U);
            BOOST_TEST(dead[0].quarantined);
            BOOST_TEST((dead[0].attempts.back().kind == bus::FailureKind::poison));
            BOOST_TEST(dead[0].attempts.back().message.find("died 3 times in a row") !=
                       std::string::npos);
            const auto event = world.memory->read(dead[0].position - 1, 1).front();
            const auto decoded = bus::decode(event.record);
            BOOST_TEST(
                world.killers.contains({agent, static_cast<const PingEvent&>(*decoded).number}));
        }
        for (const bus::Conservation& account : world.memory->conservation()) {
            BOOST_TEST(account.holds());
            BOOST_TEST(account.finished == 39U);
        }
        BOOST_TEST(world.memory->read_type("GivenUpEvent", 0, 100).size() == 2U);
    }
}

BOOST_AUTO_TEST_CASE(S11_deaths_that_no_event_has_caused_quarantine_nothing) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        QuarantineWorld world{seed};
        int deaths_left = 12;
        std::uint64_t state = seed;
        world.troubled->after_commit = [&] {
            state = state * 6364136223846793005U + 1442695040888963407U;
            // Rarely, so that they do not hit the same lone run three times in a row.
            if (deaths_left > 0 && (state >> 33U) % 29 == 0) {
                --deaths_left;
                world.troubled->disk_full = true;
            }
        };
        int lives = 1;
        while (!world.live()) {
            BOOST_TEST_REQUIRE(++lives < 40);
        }
        for (const bus::Conservation& account : world.memory->conservation()) {
            BOOST_TEST(account.holds());
            BOOST_TEST(account.quarantined == 0U);
            BOOST_TEST(account.finished == world.memory->read_type("PingEvent", 0, 100).size());
        }
    }
}

BOOST_AUTO_TEST_CASE(S11_a_stop_before_a_suspect_has_begun_does_not_count_as_its_death) {
    int stops = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        QuarantineWorld world{seed};
        world.killers = {{"first", 7}};
        BOOST_TEST(!world.live());
        world.killers.clear();
        bool noted = false;
        world.troubled->after_commit = [&] {
            for (const char* agent : {"first", "second"}) {
                const auto note = world.memory->begun(agent);
                noted = noted || (note && note->alone != 0);
            }
        };
        for (int life = 0; life < 5; ++life) {
            world.troubled->disk_full = false;
            noted = false;
            world.start();
            world.add("first", 1);
            world.add("second", 3);
            while (!noted && world.runtime->run_one()) {
            }
            stops += noted ? 1 : 0;
            world.bus.reset();
        }
        BOOST_TEST(world.live());
        for (const bus::Conservation& account : world.memory->conservation()) {
            BOOST_TEST(account.holds());
            BOOST_TEST(account.quarantined == 0U);
            BOOST_TEST(account.finished == 40U);
        }
    }
    BOOST_TEST(stops > 30);
}

BOOST_AUTO_TEST_CASE(S11_an_event_that_was_noted_before_a_replay_is_not_suspected_after_it) {
    constexpr std::int64_t count = 2'000; // more than the lanes are given at once
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        test::StoredWorld world{seed};
        world.bus.reset();
        const auto troubled = std::make_shared<test::TroubledStore>(world.store);
        world.bus.emplace(bus::BusOptions{world.runtime, troubled});
        auto agent = scripted("several");
        agent->settings().workers = 3;
        agent->settings().sequence = bus::Sequence::none();
        agent->settings().retry = test::every(1s, 3);
        agent->handles<PingEvent>([](const PingEvent& event, bus::Context& context) {
            if (event.number % 50 == 0 && context.attempt() == 1) {
                throw bus::Failure::transient("once");
            }
        });
        world.bus->add(std::move(agent));
        for (std::int64_t i = 1; i <= count; ++i) {
            world.bus->post(ping("x", i));
        }
        world.bus->wait_idle();
        world.bus->request(
            {.who = "ann", .action = bus::DeliveryAction::replay_with_effects, .agent = "several"});
        world.runtime->pass(1s); // the retries are due at the same time
        bool put_back = false;
        troubled->after_commit = [&] {
            const bus::AgentRecord record = world.store->agent("several").value();
            const auto note = world.store->begun("several");
            put_back = put_back || record.finished == 0;
            if (record.finished == 0 && note) {
                BOOST_TEST(note->range.last < static_cast<bus::Position>(count));
            }
        };
        world.bus->wait_idle();
        BOOST_TEST(put_back);
        world.runtime->run_for(2s);
        BOOST_TEST(world.store->agent("several")->finished == static_cast<std::uint64_t>(count));
        BOOST_TEST(world.bus->status().front().trouble.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(workers_work_side_by_side_even_if_the_last_note_names_a_dead_letter,
                        SideBySideWorld) {
    bad = [](bus::Context&) { throw bus::Failure::transient("always"); };
    end_with_a_retry();
    BOOST_TEST(store->deliveries("several", DeliveryState::dead).size() == 1U);
    for (int life = 0; life < 2; ++life) {
        live();
        publish(20); // those that come before the first note take turns
        most = 0;
        publish(20);
        BOOST_TEST(most == 3);
        BOOST_TEST(store->begun("several").value().repeated.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(workers_work_side_by_side_only_until_a_suspect_is_due, SideBySideWorld) {
    bad = [](bus::Context& context) {
        if (context.attempt() == 1) {
            throw bus::Failure::transient("once");
        }
        if (context.now() < bus::Timestamp{1'735'689'600s} + 1h) {
            throw bus::Failure::not_ready("not yet", bus::Timestamp{1'735'689'600s} + 1h);
        }
    };
    end_with_a_retry();
    BOOST_TEST(store->deliveries("several", DeliveryState::deferred).size() == 1U);
    live();
    publish(20); // those that come before the first note take turns
    most = 0;
    publish(20);
    BOOST_TEST(most == 3);
    runtime->run_for(59min);
    BOOST_TEST((store->begun("several").value().repeated == std::vector<bus::Position>{1}));
    runtime->pass(2min);
    for (std::int64_t i = 1; i <= 20; ++i) {
        bus->post(ping("good", i));
    }
    alone = false;
    runtime->run_for(1s);
    BOOST_TEST(alone);
    BOOST_TEST(store->agent("several")->finished == 61U);
    most = 0;
    publish(20);
    BOOST_TEST(most == 3);
}

BOOST_FIXTURE_TEST_CASE(workers_work_side_by_side_again_after_a_suspect_was_discarded,
                        SideBySideWorld) {
    bad = [](bus::Context& context) {
        throw context.attempt() == 1 ? bus::Failure::transient("once")
                                     : bus::Failure::throttled("later", 1h);
    };
    end_with_a_retry();
    live();
    bus->request(
        {.who = "ann", .action = bus::DeliveryAction::discard, .agent = "several", .position = 1});
    publish(20); // those that come before the first note take turns
    BOOST_TEST(store->deliveries("several", DeliveryState::deferred).empty());
    most = 0;
    publish(20);
    BOOST_TEST(most == 3);
}

BOOST_AUTO_TEST_CASE(S11_a_dead_letter_that_kills_the_process_when_it_is_redriven_is_found) {
    QuarantineWorld world;
    bool kills = false;
    const auto live = [&] {
        world.troubled->disk_full = false;
        try {
            world.restart();
            auto agent = scripted("several");
            agent->settings().workers = 3;
            agent->settings().retry = test::every(1s, 2);
            agent->handles<PingEvent>([&](const PingEvent& event, bus::Context&) {
                if (event.number == 1 && kills) {
                    world.troubled->disk_full = true; // whatever comes now is lost
                } else if (event.number == 1) {
                    throw bus::Failure::transient("always");
                }
            });
            world.bus->add(std::move(agent));
            if (!kills) {
                world.bus->publish(ping("x", 1));
                world.bus->publish(ping("y", 2));
            }
            while (!world.troubled->disk_full && world.runtime->run_one()) {
            }
            if (!world.troubled->disk_full) {
                world.runtime->run_until_idle(1min);
            }
        } catch (const std::exception&) {
            BOOST_TEST_REQUIRE(world.troubled->disk_full);
        }
        const bool died = world.troubled->disk_full;
        world.bus.reset();
        return !died;
    };
    BOOST_TEST(live());
    BOOST_TEST_REQUIRE(world.memory->deliveries("several", DeliveryState::dead).size() == 1U);
    world.memory->ask(
        {.at = world.runtime->now(), .who = "ann", .agent = "several", .position = 1});
    kills = true;
    int deaths = 0;
    while (!live()) {
        BOOST_TEST_REQUIRE(++deaths < 10);
    }
    BOOST_TEST(deaths == 4); // one while others ran, and three while it ran alone
    const auto dead = world.memory->deliveries("several", DeliveryState::dead);
    BOOST_TEST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead[0].quarantined);
}

BOOST_AUTO_TEST_SUITE_END()
