#include "test/agents/simulated_bus.hpp"
#include <agents/retry/retry_agent.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <stdexcept>

using namespace std::chrono_literals;
using bus::agents::FailedDelivery;
using bus::agents::FailureBinding;
using bus::agents::RedriveAbandonedEvent;
using bus::agents::RedriveRequestedEvent;
using bus::agents::RetryAgent;
using bus::agents::RetryOptions;

namespace {

struct JobGivenEvent : bus::Event<JobGivenEvent> {
    std::string job;
};
BUS_DESCRIBE_EVENT(JobGivenEvent, (job), bus::aggregate_id<&JobGivenEvent::job>)

struct JobDoneEvent : bus::Event<JobDoneEvent> {
    std::string job;
};
BUS_DESCRIBE_EVENT(JobDoneEvent, (job), bus::aggregate_id<&JobDoneEvent::job>)

struct JobFailedEvent : bus::Event<JobFailedEvent> {
    std::string job;
    std::string by;
};
BUS_DESCRIBE_EVENT(JobFailedEvent, (job, by), bus::aggregate_id<&JobFailedEvent::job>)

/// The world outside: how often a job still fails, and how.
struct Outside {
    std::map<std::string, int> failures;
    bus::FailureKind kind = bus::FailureKind::transient;
};

class Worker : public bus::Agent {
public:
    explicit Worker(Outside& outside) : Agent{"worker"}, outside_{outside} {
        on<JobGivenEvent>(&Worker::work).emits<JobDoneEvent, JobFailedEvent>();
        emits_on_giving_up<JobFailedEvent>();
        settings().retry.max_attempts = 1;
    }

    void on_given_up(const bus::DomainEvent& event, const bus::Failure&,
                     bus::Context& context) override {
        context.publish(JobFailedEvent{{}, std::string{event.aggregate_id()}, name()});
    }

private:
    void work(const JobGivenEvent& event, bus::Context& context) {
        if (event.job == "refused") {
            context.publish(JobFailedEvent{{}, event.job, name()});
            return;
        }
        if (outside_.failures[event.job] > 0) {
            --outside_.failures[event.job];
            throw bus::Failure{outside_.kind, "the outside is broken"};
        }
        context.publish(JobDoneEvent{{}, event.job});
    }

    Outside& outside_;
};

FailureBinding binding() {
    return FailureBinding::of<JobFailedEvent>(
        [](const JobFailedEvent& event) -> std::optional<FailedDelivery> {
            if (event.by.empty()) {
                return std::nullopt;
            }
            return FailedDelivery{event.by, event.causation_id};
        });
}

struct Fixture : test::SimulatedBus {
    Outside outside;
    RetryOptions options{.rounds = 3};
    bus::Timestamp start = runtime->now();

    void add_agents() {
        bus->emplace<Worker>(outside);
        bus->emplace<RetryAgent>("retry", std::vector{binding()}, options);
    }

    JobGivenEvent give(const std::string& job, int failures) {
        outside.failures[job] = failures;
        JobGivenEvent event{{}, job};
        event.execution_id = "x-" + job;
        bus->publish(event);
        bus->wait_idle();
        return event;
    }

    bus::Duration backoff(std::uint32_t round, const bus::DomainEvent& event) const {
        return options.backoff(round, "worker", event.event_id);
    }

    /// How long after the start a redrive was asked for, in order.
    std::vector<bus::Duration> redrives() {
        std::vector<bus::Duration> times;
        for (const auto& event : stored<RedriveRequestedEvent>()) {
            times.push_back(event.occurred_at - start);
        }
        return times;
    }

    std::size_t count(std::string_view agent, bus::DeliveryState state) {
        return store->deliveries(agent, state).size();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(retry_agent, Fixture)

BOOST_AUTO_TEST_CASE(a_dead_letter_is_redriven_at_exactly_the_documented_time_and_then_succeeds) {
    add_agents();
    const JobGivenEvent job = give("a", 1);
    BOOST_TEST(count("worker", bus::DeliveryState::dead) == 1U);
    runtime->run_for(backoff(1, job) - bus::Duration{1});
    BOOST_TEST(redrives().empty());
    BOOST_TEST(stored<JobDoneEvent>().empty());
    runtime->run_for(bus::Duration{1});
    BOOST_TEST((redrives() == std::vector{backoff(1, job)}));
    BOOST_TEST(stored<JobDoneEvent>().size() == 1U);
    BOOST_TEST(count("worker", bus::DeliveryState::dead) == 0U);
    BOOST_TEST(count("retry", bus::DeliveryState::deferred) == 0U);
}

BOOST_AUTO_TEST_CASE(the_request_tells_agent_event_round_and_reason_in_the_failed_execution) {
    add_agents();
    const JobGivenEvent job = give("a", 1);
    runtime->run_until_idle();
    const auto requests = stored<RedriveRequestedEvent>();
    BOOST_REQUIRE(requests.size() == 1U);
    BOOST_TEST(requests[0].agent == "worker");
    BOOST_TEST((requests[0].failed_event_id == job.event_id));
    BOOST_TEST(requests[0].round == 1U);
    BOOST_TEST(requests[0].reason == "the outside is broken");
    BOOST_TEST(requests[0].aggregate_id() == "a");
    BOOST_TEST(requests[0].aggregate_type() == "Redrive");
    BOOST_TEST(requests[0].execution_id == "x-a");
    BOOST_TEST((requests[0].causation_id == stored<JobFailedEvent>()[0].event_id));
}

BOOST_AUTO_TEST_CASE(each_round_waits_for_its_own_backoff_counted_from_its_own_failure) {
    add_agents();
    const JobGivenEvent job = give("a", 3);
    runtime->run_until_idle();
    const std::vector expected{backoff(1, job), backoff(1, job) + backoff(2, job),
                               backoff(1, job) + backoff(2, job) + backoff(3, job)};
    BOOST_TEST((redrives() == expected));
    BOOST_TEST(stored<JobDoneEvent>().size() == 1U);
    BOOST_TEST(stored<RedriveAbandonedEvent>().empty());
}

BOOST_AUTO_TEST_CASE(after_the_last_round_the_letter_is_left_and_the_agent_says_so_once) {
    add_agents();
    const JobGivenEvent job = give("a", 100);
    runtime->run_until_idle();
    BOOST_TEST(redrives().size() == 3U);
    BOOST_TEST(stored<JobFailedEvent>().size() == 4U);
    const auto abandoned = stored<RedriveAbandonedEvent>();
    BOOST_REQUIRE(abandoned.size() == 1U);
    BOOST_TEST(abandoned[0].agent == "worker");
    BOOST_TEST((abandoned[0].failed_event_id == job.event_id));
    BOOST_TEST(abandoned[0].redrives == 3U);
    BOOST_TEST(abandoned[0].reason ==
               "still failing after 3 of 3 redrives: transient: the outside is broken");
    BOOST_TEST(abandoned[0].aggregate_id() == "a");
    BOOST_TEST(count("worker", bus::DeliveryState::dead) == 1U);
    BOOST_TEST(bus->status().back().dead == 0U);
}

BOOST_AUTO_TEST_CASE(no_rounds_means_that_every_letter_is_left) {
    options.rounds = 0;
    add_agents();
    give("a", 1);
    runtime->run_until_idle();
    BOOST_TEST(redrives().empty());
    BOOST_TEST(stored<RedriveAbandonedEvent>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_business_failure_has_no_dead_letter_and_is_let_be) {
    add_agents();
    give("refused", 0);
    runtime->run_until_idle();
    BOOST_TEST(stored<JobFailedEvent>().size() == 1U);
    BOOST_TEST(redrives().empty());
    BOOST_TEST(stored<RedriveAbandonedEvent>().empty());
    BOOST_TEST(bus->status().back().finished == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_event_that_is_about_no_delivery_is_let_be) {
    add_agents();
    bus->publish(JobFailedEvent{{}, "a", ""});
    runtime->run_until_idle();
    BOOST_TEST(bus->status().back().finished == 1U);
    BOOST_TEST(stored<RedriveAbandonedEvent>().empty());
}

BOOST_AUTO_TEST_CASE(what_was_rejected_would_be_so_again_and_is_left_at_once) {
    add_agents();
    outside.kind = bus::FailureKind::rejected;
    give("a", 1);
    BOOST_TEST(redrives().empty());
    const auto abandoned = stored<RedriveAbandonedEvent>();
    BOOST_REQUIRE(abandoned.size() == 1U);
    BOOST_TEST(abandoned[0].reason ==
               "a redrive would fail the same way: rejected: the outside is broken");
}

BOOST_AUTO_TEST_CASE(a_restart_in_the_middle_of_a_backoff_changes_nothing_of_its_time) {
    add_agents();
    const JobGivenEvent job = give("a", 2);
    for (std::uint32_t round = 1; round <= 2; ++round) {
        runtime->run_for(backoff(round, job) / 2);
        restart();
        add_agents();
        runtime->run_for(backoff(round, job) - backoff(round, job) / 2 - bus::Duration{1});
        BOOST_TEST(redrives().size() == round - 1);
        runtime->run_for(bus::Duration{1});
        BOOST_TEST(redrives().size() == round);
    }
    BOOST_TEST((redrives() == std::vector{backoff(1, job), backoff(1, job) + backoff(2, job)}));
    BOOST_TEST(stored<JobDoneEvent>().size() == 1U);
}

BOOST_AUTO_TEST_CASE(
    a_backoff_that_was_over_while_the_program_was_down_is_made_up_for_at_the_start) {
    add_agents();
    give("a", 1);
    bus.reset();
    runtime->run_for(10h);
    bus = SimulatedBus::start();
    add_agents();
    bus->wait_idle();
    BOOST_TEST(stored<JobDoneEvent>().size() == 1U);
    BOOST_TEST((redrives() == std::vector{bus::Duration{10h}}));
}

namespace {

/// Redrives a job's letter by hand, as a person would.
class Operator : public bus::Agent {
public:
    Operator() : Agent{"operator"} { on<bus::DomainEvent>(&Operator::look); }

private:
    void look(const bus::DomainEvent& event, bus::Context& context) {
        if (event.user_id == "operator") {
            if (const auto letter = context.dead_letter("worker", event.causation_id)) {
                context.redrive(*letter);
            }
        }
    }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_redrive_by_hand_counts_as_a_round_and_each_death_is_answered_once) {
    add_agents();
    bus->emplace<Operator>();
    const JobGivenEvent job = give("a", 100);
    runtime->run_for(10s);
    JobDoneEvent wish{{}, "unrelated"};
    wish.user_id = "operator";
    wish.causation_id = job.event_id;
    bus->publish(wish);
    bus->wait_idle();
    BOOST_TEST(stored<JobFailedEvent>().size() == 2U);
    runtime->run_until_idle();
    // The first round was the operator's, at 10 s; two failure events speak of the second death.
    const std::vector expected{10s + backoff(2, job), 10s + backoff(2, job) + backoff(3, job)};
    BOOST_TEST((redrives() == expected));
    BOOST_TEST(stored<RedriveAbandonedEvent>().size() == 1U);
    BOOST_TEST(count("retry", bus::DeliveryState::deferred) == 0U);
}

BOOST_AUTO_TEST_CASE(a_letter_that_somebody_cured_in_the_meantime_needs_no_redrive) {
    add_agents();
    bus->emplace<Operator>();
    const JobGivenEvent job = give("a", 1);
    JobDoneEvent wish{{}, "unrelated"};
    wish.user_id = "operator";
    wish.causation_id = job.event_id;
    bus->publish(wish);
    runtime->run_until_idle();
    BOOST_TEST(redrives().empty());
    BOOST_TEST(stored<JobDoneEvent>().size() == 2U);
}

BOOST_AUTO_TEST_CASE(many_letters_come_back_each_at_its_own_time) {
    add_agents();
    std::vector<bus::Duration> expected;
    for (int i = 0; i < 200; ++i) {
        expected.push_back(backoff(1, give(std::to_string(i), 1)));
    }
    std::sort(expected.begin(), expected.end());
    runtime->run_until_idle();
    BOOST_TEST((redrives() == expected));
    BOOST_TEST(stored<JobDoneEvent>().size() == 200U);
}

BOOST_AUTO_TEST_CASE(without_a_store_there_are_no_letters_and_it_does_nothing) {
    bus::Bus storeless{bus::BusOptions{runtime, nullptr}};
    storeless.emplace<Worker>(outside);
    storeless.emplace<RetryAgent>("retry", std::vector{binding()}, options);
    outside.failures["a"] = 1;
    storeless.publish(JobGivenEvent{{}, "a"});
    runtime->run_until_idle();
    BOOST_TEST(storeless.status().back().finished == 1U);
}

BOOST_AUTO_TEST_CASE(wrong_options_and_missing_bindings_are_refused) {
    BOOST_CHECK_THROW(RetryAgent("retry", {}), std::invalid_argument);
    BOOST_CHECK_THROW(RetryAgent("retry", {binding()}, RetryOptions{.factor = 0}),
                      std::invalid_argument);
    BOOST_CHECK_THROW(RetryAgent("retry", {FailureBinding{}}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
