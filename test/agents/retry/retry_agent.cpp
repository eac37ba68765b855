#include <agents/retry/retry_agent.hpp>
#include <bus/testing/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>

using namespace std::chrono_literals;
using bus::DeliveryState;
using bus::agents::FailedDelivery;
using bus::agents::FailureBinding;
using bus::agents::RedriveAbandonedEvent;
using bus::agents::RedriveRequestedEvent;
using bus::agents::RetryAgent;
using bus::agents::RetryOptions;
using bus::testing::AgentTest;
using bus::testing::Setup;

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

/// The outside world: how often a job still fails, and how.
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

std::vector<FailureBinding> bindings() {
    return {FailureBinding::of<JobFailedEvent>(
        [](const JobFailedEvent& event) -> std::optional<FailedDelivery> {
            if (event.by.empty()) {
                return std::nullopt;
            }
            return FailedDelivery{event.by, event.causation_id};
        })};
}

/// The agent and a worker whose dead letters it handles.
struct Fixture {
    Outside outside;
    RetryOptions options{.rounds = 3};
    AgentTest<RetryAgent> retry{"retry", bindings(), options};
    bus::Timestamp start = retry.now();

    Fixture() { retry.with<Worker>(outside); }

    /// Restarts, as after a crash, with the worker.
    void start_again() {
        retry.start("retry", bindings(), options);
        retry.with<Worker>(outside);
    }

    /// An act: gives the worker a job that will fail this often.
    JobGivenEvent give(const std::string& job, int failures) {
        outside.failures[job] = failures;
        JobGivenEvent event{{}, job};
        event.execution_id = "x-" + job;
        retry.when(event);
        return event;
    }

    /// An act: the operator asks for a job to be tried again.
    void wish_again(const JobGivenEvent& job) {
        JobDoneEvent wish{{}, "unrelated"};
        wish.user_id = "operator";
        wish.causation_id = job.event_id;
        retry.when(wish);
    }

    bus::Duration backoff(std::uint32_t round, const bus::DomainEvent& event) const {
        return options.backoff(round, "worker", event.event_id);
    }

    RedriveRequestedEvent requested(const JobGivenEvent& job, std::uint32_t round) {
        return {{}, "worker", job.event_id, round, "the outside is broken"};
    }

    RedriveAbandonedEvent abandoned(const JobGivenEvent& job, std::uint32_t redrives,
                                    const std::string& reason) {
        return {{}, "worker", job.event_id, redrives, reason};
    }

    /// How long after the start a redrive was asked for, in order.
    std::vector<bus::Duration> redrives() {
        std::vector<bus::Duration> times;
        for (const auto& event : retry.published<RedriveRequestedEvent>()) {
            times.push_back(event.occurred_at - start);
        }
        return times;
    }

    std::size_t dead_of_worker() {
        return retry.store().deliveries("worker", DeliveryState::dead).size();
    }

    std::size_t deferred() {
        return retry.store().deliveries("retry", DeliveryState::deferred).size();
    }

    std::size_t done() { return retry.published<JobDoneEvent>().size(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(retry_agent, Fixture)

BOOST_AUTO_TEST_CASE(a_dead_letter_is_redriven_at_exactly_the_documented_time_and_then_succeeds) {
    const JobGivenEvent job = give("a", 1);
    retry.then_tries_again_in(backoff(1, job)).then_emits_nothing();
    BOOST_TEST(dead_of_worker() == 1U);
    retry.advance(backoff(1, job) - 1us).then_emits_nothing().then_redrives_nothing();
    BOOST_TEST(done() == 0U);
    retry.advance(1us).then_redrives("worker", job).then_emits(requested(job, 1));
    BOOST_TEST((redrives() == std::vector{backoff(1, job)}));
    BOOST_TEST(done() == 1U);
    BOOST_TEST(dead_of_worker() == 0U);
    BOOST_TEST(deferred() == 0U);
}

BOOST_AUTO_TEST_CASE(the_request_names_agent_event_round_and_reason_in_the_failed_execution) {
    const JobGivenEvent job = give("a", 1);
    RedriveRequestedEvent expected = requested(job, 1);
    expected.own_aggregate_id = "a";
    expected.execution_id = "x-a";
    expected.causation_id = retry.published<JobFailedEvent>().at(0).event_id;
    retry.settle().then_emits(expected);
    BOOST_TEST(retry.emitted<RedriveRequestedEvent>().at(0).aggregate_type() == "Redrive");
}

BOOST_AUTO_TEST_CASE(each_round_waits_for_its_own_backoff_counted_from_its_own_failure) {
    const JobGivenEvent job = give("a", 3);
    retry.settle().then_emits(requested(job, 1), requested(job, 2), requested(job, 3));
    const std::vector expected{backoff(1, job), backoff(1, job) + backoff(2, job),
                               backoff(1, job) + backoff(2, job) + backoff(3, job)};
    BOOST_TEST((redrives() == expected));
    BOOST_TEST(done() == 1U);
}

BOOST_AUTO_TEST_CASE(after_the_last_round_the_letter_is_left_and_the_agent_says_so_once) {
    const JobGivenEvent job = give("a", 100);
    RedriveAbandonedEvent last =
        abandoned(job, 3, "still failing after 3 of 3 redrives: transient: the outside is broken");
    last.own_aggregate_id = "a";
    retry.settle().then_emits(requested(job, 1), requested(job, 2), requested(job, 3), last);
    BOOST_TEST(retry.published<JobFailedEvent>().size() == 4U);
    BOOST_TEST(dead_of_worker() == 1U);
    BOOST_TEST(retry.status().dead == 0U);
}

BOOST_AUTO_TEST_CASE(no_rounds_means_that_every_letter_is_left) {
    options.rounds = 0;
    retry.stop();
    start_again();
    give("a", 1);
    BOOST_TEST(retry.emitted<RedriveAbandonedEvent>().size() == 1U);
    retry.then_redrives_nothing().settle().then_emits_nothing();
}

BOOST_AUTO_TEST_CASE(a_backoff_past_the_end_of_the_clock_waits_for_ever) {
    options.initial_backoff = options.max_backoff = bus::Duration::max();
    options.jitter = 0;
    retry.stop();
    start_again();
    give("a", 1);
    retry.advance(std::chrono::hours{24 * 365 * 1000}).then_emits_nothing();
    BOOST_TEST(deferred() == 1U);
    BOOST_TEST(dead_of_worker() == 1U);
}

BOOST_AUTO_TEST_CASE(a_business_failure_has_no_dead_letter_and_is_left_alone) {
    give("refused", 0);
    retry.then_emits_nothing().settle().then_emits_nothing();
    BOOST_TEST(retry.published<JobFailedEvent>().size() == 1U);
    BOOST_TEST(retry.status().finished == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_event_that_is_not_about_a_delivery_is_left_alone) {
    retry.when(JobFailedEvent{{}, "a", ""}).then_emits_nothing().settle().then_emits_nothing();
    BOOST_TEST(retry.status().finished == 1U);
}

BOOST_AUTO_TEST_CASE(a_rejected_delivery_would_be_rejected_again_and_is_left_at_once) {
    outside.kind = bus::FailureKind::rejected;
    const JobGivenEvent job = give("a", 1);
    retry.then_redrives_nothing().then_emits(
        abandoned(job, 0, "a redrive would fail the same way: rejected: the outside is broken"));
}

BOOST_AUTO_TEST_CASE(a_restart_in_the_middle_of_a_backoff_does_not_change_its_time) {
    const JobGivenEvent job = give("a", 2);
    for (std::uint32_t round = 1; round <= 2; ++round) {
        retry.advance(backoff(round, job) / 2).stop();
        start_again();
        retry.advance(backoff(round, job) - backoff(round, job) / 2 - 1us).then_emits_nothing();
        retry.advance(1us).then_emits(requested(job, round));
    }
    BOOST_TEST((redrives() == std::vector{backoff(1, job), backoff(1, job) + backoff(2, job)}));
    BOOST_TEST(done() == 1U);
}

BOOST_AUTO_TEST_CASE(a_redrive_that_came_due_while_the_program_was_down_happens_at_its_start) {
    const JobGivenEvent job = give("a", 1);
    retry.stop().advance(10h);
    start_again();
    retry.then_emits(requested(job, 1));
    BOOST_TEST(done() == 1U);
    BOOST_TEST((redrives() == std::vector{bus::Duration{10h}}));
}

BOOST_AUTO_TEST_CASE(a_redrive_by_hand_counts_as_a_round_and_each_death_is_answered_once) {
    retry.with<Operator>();
    const JobGivenEvent job = give("a", 100);
    retry.advance(10s);
    wish_again(job);
    BOOST_TEST(retry.published<JobFailedEvent>().size() == 2U);
    // The first round was the operator's, at 10 s; two failure events speak of the second death.
    retry.settle();
    const std::vector expected{10s + backoff(2, job), 10s + backoff(2, job) + backoff(3, job)};
    BOOST_TEST((redrives() == expected));
    BOOST_TEST(retry.published<RedriveAbandonedEvent>().size() == 1U);
    BOOST_TEST(deferred() == 0U);
}

BOOST_AUTO_TEST_CASE(one_state_is_kept_for_each_abandoned_letter_and_none_for_redriven_ones) {
    const auto kept = [this] { return retry.store().states("retry", "").size(); };
    for (int i = 0; i < 20; ++i) {
        give(std::to_string(i), i % 4); // it takes so many rounds, of three
    }
    retry.settle();
    BOOST_TEST(done() == 20U);
    BOOST_TEST(kept() == 0U);
    give("a", 100);
    retry.settle();
    BOOST_TEST(dead_of_worker() == 1U);
    BOOST_TEST(kept() == 1U);
}

BOOST_AUTO_TEST_CASE(two_failure_events_that_wait_for_one_redrive_ask_for_it_once) {
    AgentTest<RetryAgent> alone{"retry", bindings(), options};
    const JobGivenEvent job{{}, "a"};
    const auto failed = bus::derive<JobFailedEvent>(job, "a", "worker");
    auto failed_too = bus::derive<JobFailedEvent>(job, "b", "worker"); // another sequence
    failed_too.occurred_at = failed.occurred_at;
    alone.given_dead_letter("worker", job, bus::Failure::transient("down"))
        .when(failed)
        .when(failed_too)
        .advance(24h)
        .settle();
    BOOST_TEST(alone.published<RedriveRequestedEvent>().size() == 1U);
    BOOST_TEST(alone.store().states("retry", "").empty());
}

BOOST_AUTO_TEST_CASE(two_failure_events_about_the_same_death_are_answered_once) {
    AgentTest<RetryAgent> alone{"retry", bindings(), options};
    const JobGivenEvent job{{}, "a"};
    const auto failed = bus::derive<JobFailedEvent>(job, "a", "worker");
    const auto failed_too = bus::derive<JobFailedEvent>(job, "a", "worker");
    alone.given_dead_letter("worker", job, bus::Failure::rejected("no such job"))
        .when(failed)
        .then_emits(abandoned(job, 0, "a redrive would fail the same way: rejected: no such job"))
        .when(failed_too)
        .then_emits_nothing();
}

BOOST_AUTO_TEST_CASE(a_letter_that_was_resolved_in_the_meantime_needs_no_redrive) {
    retry.with<Operator>();
    const JobGivenEvent job = give("a", 1);
    wish_again(job);
    retry.settle().then_succeeds().then_emits_nothing().then_redrives_nothing();
    BOOST_TEST(done() == 2U);
}

BOOST_AUTO_TEST_CASE(many_letters_are_redriven_each_at_its_own_time) {
    std::vector<bus::Duration> expected;
    for (int i = 0; i < 200; ++i) {
        expected.push_back(backoff(1, give(std::to_string(i), 1)));
    }
    std::sort(expected.begin(), expected.end());
    retry.settle();
    BOOST_TEST((redrives() == expected));
    BOOST_TEST(done() == 200U);
}

BOOST_AUTO_TEST_CASE(without_a_store_there_are_no_letters_and_it_does_nothing) {
    AgentTest<RetryAgent> storeless{Setup{.store = false}, "retry", bindings(), options};
    storeless.with<Worker>(outside);
    outside.failures["a"] = 1;
    storeless.when(JobGivenEvent{{}, "a"}).then_emits_nothing().settle().then_emits_nothing();
    BOOST_TEST(storeless.status().finished == 1U);
}

BOOST_AUTO_TEST_CASE(wrong_options_and_missing_bindings_are_refused) {
    BOOST_CHECK_THROW(RetryAgent("retry", {}), std::invalid_argument);
    BOOST_CHECK_THROW(RetryAgent("retry", bindings(), RetryOptions{.factor = 0}),
                      std::invalid_argument);
    BOOST_CHECK_THROW(RetryAgent("retry", {FailureBinding{}}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
