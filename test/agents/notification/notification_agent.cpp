#include "test/agents/notification/street.hpp"
#include <agents/notification/notification_agent.hpp>
#include <bus/testing/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <stdexcept>

using namespace street;
using namespace std::chrono_literals;
using bus::agents::Channel;
using bus::agents::Message;
using bus::agents::NotificationAgent;
using bus::agents::NotificationOptions;
using bus::agents::NotificationRequestedEvent;
using bus::agents::rule;
using bus::agents::SentBinding;
using bus::testing::AgentTest;
using bus::testing::Setup;

namespace {

/// What the channels did. It outlives the agent and the bus.
struct Outside {
    std::map<std::string, int> failures; ///< by channel: how often it still fails
    std::vector<Message> sent;
    int attempts = 0;
};

class TestChannel final : public Channel {
public:
    TestChannel(std::string name, Outside& outside) : Channel{std::move(name)}, outside_{outside} {}

    void send(const Message& message) override {
        ++outside_.attempts;
        if (outside_.failures[name()] > 0) {
            --outside_.failures[name()];
            throw bus::Failure::transient(name() + " does not answer");
        }
        outside_.sent.push_back(message);
    }

private:
    Outside& outside_;
};

using Rules = std::vector<bus::agents::Rule>;
using Texts = std::vector<std::string>;

struct Fixture {
    Outside outside;
    std::vector<std::string> channels{"mail", "chat"};

    NotificationOptions options(Rules rules) {
        NotificationOptions result;
        for (const std::string& name : channels) {
            result.channels.push_back(std::make_unique<TestChannel>(name, outside));
        }
        result.rules = std::move(rules);
        result.sent = SentBinding::of<ToldEvent>([](const Message& message, bool success) {
            return ToldEvent{{}, message.notification_type, message.channel, success, message.text};
        });
        return result;
    }

    /// `channel text` of each message sent, in order.
    Texts sent() const {
        Texts result;
        for (const Message& message : outside.sent) {
            result.push_back(message.channel + " " + message.text);
        }
        return result;
    }
};

/// The agent with these rules, made by the fixture.
struct Notification : AgentTest<NotificationAgent> {
    Notification(Fixture& fixture, Rules rules, const Setup& setup = {})
        : AgentTest{setup, "notification", fixture.options(std::move(rules))} {}

    /// `channel success` of each report about a message, in order.
    Texts told() {
        Texts result;
        for (const ToldEvent& event : published<ToldEvent>()) {
            result.push_back(event.channel + (event.success ? " yes" : " no"));
        }
        return result;
    }
};

LampBrokenEvent broken(const std::string& lamp, bool urgent = false) {
    LampBrokenEvent event;
    event.lamp = lamp;
    event.urgent = urgent;
    event.execution_id = "x-" + lamp;
    return event;
}

bus::agents::Rule mail_rule() {
    return rule<LampBrokenEvent>("broken", "mail", "{{data.lamp}} is dark");
}

bus::agents::Rule chat_rule() {
    return rule<LampBrokenEvent>("broken", "chat", "{{data.lamp}}!");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(notification_agent, Fixture)

BOOST_AUTO_TEST_CASE(an_event_that_a_rule_matches_becomes_a_message_and_the_outcome_is_reported) {
    Notification notification{*this, {mail_rule()}};
    const LampBrokenEvent event = broken("L-1");
    auto truth = bus::derive<ToldEvent>(event, "broken", "mail", true, "L-1 is dark");
    truth.own_aggregate_id = "L-1";
    notification.when(event).then_emits(truth);
    BOOST_TEST(sent() == Texts{"mail L-1 is dark"}, boost::test_tools::per_element());
    const Message& message = outside.sent.at(0);
    BOOST_TEST(message.notification_type == "broken");
    BOOST_TEST((message.event_id == event.event_id));
    BOOST_TEST(message.event_type == "LampBrokenEvent");
    BOOST_TEST(message.execution_id == "x-L-1");
    BOOST_TEST(message.aggregate_type == "Lamp");
    BOOST_TEST(message.aggregate_id == "L-1");
    BOOST_TEST((message.time == notification.now()));
}

BOOST_AUTO_TEST_CASE(an_event_that_no_rule_matches_causes_no_message) {
    Notification notification{
        *this, {rule<LampBrokenEvent>("broken", "mail", "x", [](const LampBrokenEvent& event) {
            return event.urgent;
        })}};
    notification.when(broken("L-1"), LampMendedEvent{{}, "L-1"}).then_emits_nothing();
    BOOST_TEST(outside.attempts == 0);
    notification.when(broken("L-2", true)).then_emits(ToldEvent{{}, "broken", "mail", true, "x"});
    BOOST_TEST(outside.sent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(each_rule_that_matches_an_event_causes_a_message) {
    Notification notification{*this,
                              {mail_rule(), chat_rule(),
                               rule<LampMendedEvent>("mended", "chat", "{{data.lamp}} shines")}};
    const LampBrokenEvent event = broken("L-1");
    notification.when(event, LampMendedEvent{{}, "L-1"});
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!", "chat L-1 shines"}),
               boost::test_tools::per_element());
    BOOST_TEST(notification.told() == (Texts{"mail yes", "chat yes", "chat yes"}),
               boost::test_tools::per_element());
    for (const Message& message : outside.sent) {
        if (message.notification_type == "broken") {
            BOOST_TEST((message.event_id == event.event_id));
            BOOST_TEST(message.event_type == "LampBrokenEvent");
            BOOST_TEST(message.aggregate_type == "Lamp");
            BOOST_TEST(message.aggregate_id == "L-1");
            BOOST_TEST(message.execution_id == "x-L-1");
        }
    }
    const auto requests = notification.emitted<NotificationRequestedEvent>();
    BOOST_TEST(requests.size() == 2U);
    for (const auto& request : requests) {
        BOOST_TEST((request.causation_id == event.event_id));
        BOOST_TEST(request.aggregate_id() == "L-1");
    }
}

BOOST_AUTO_TEST_CASE(a_rule_for_a_base_applies_to_what_derives_from_it) {
    Notification notification{
        *this,
        {mail_rule(), rule<LampStolenEvent>("stolen", "chat", "{{data.by}} took {{data.lamp}}")}};
    LampStolenEvent event;
    event.lamp = "L-1";
    event.by = "the wind";
    notification.when(event);
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat the wind took L-1"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(messages_are_sent_even_without_an_outcome_event) {
    auto silent = options({mail_rule()});
    silent.sent.reset();
    AgentTest<NotificationAgent> notification{"notification", std::move(silent)};
    outside.failures["mail"] = 100;
    notification.when(broken("L-1")).settle().then_dead_letter().then_emits_nothing();
    outside.failures.clear();
    notification.when(broken("L-2")).then_emits_nothing();
    BOOST_TEST(sent() == Texts{"mail L-2 is dark"}, boost::test_tools::per_element());
    BOOST_TEST(notification.published<ToldEvent>().empty());
}

BOOST_AUTO_TEST_CASE(the_first_matching_rule_of_those_with_equal_type_and_channel_is_used) {
    Notification notification{
        *this,
        {rule<LampBrokenEvent>("broken", "mail", "at once",
                               [](const LampBrokenEvent& event) { return event.urgent; }),
         rule<LampBrokenEvent>("broken", "mail", "some day")}};
    notification.when(broken("L-1", true), broken("L-2", false));
    BOOST_TEST(sent() == (Texts{"mail at once", "mail some day"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failing_channel_is_tried_again_by_the_delivery_and_then_reports_success) {
    Notification notification{*this, {mail_rule()}};
    outside.failures["mail"] = 2;
    notification.when(broken("L-1"))
        .then_fails(bus::FailureKind::transient, "mail does not answer")
        .then_emits_nothing()
        .settle()
        .then_emits(ToldEvent{{}, "broken", "mail", true, "L-1 is dark"});
    BOOST_TEST(outside.attempts == 3);
    BOOST_TEST(outside.sent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_message_that_is_given_up_is_reported_as_failed) {
    Notification notification{*this, {mail_rule()}};
    outside.failures["mail"] = 100;
    const LampBrokenEvent event = broken("L-1");
    notification.when(event).settle().then_dead_letter().then_emits(
        bus::derive<ToldEvent>(event, "broken", "mail", false, "L-1 is dark"));
    BOOST_TEST(outside.attempts == 5);
    BOOST_TEST(notification.dead_letters().size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_message_is_sent_twice_because_another_one_fails) {
    Notification notification{*this, {mail_rule(), chat_rule()}};
    outside.failures["chat"] = 3;
    notification.when(broken("L-1")).settle();
    BOOST_TEST(outside.attempts == 1 + 4);
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!"}),
               boost::test_tools::per_element());
    BOOST_TEST(notification.told() == (Texts{"mail yes", "chat yes"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_message_is_sent_twice_after_a_restart_between_the_attempts) {
    Notification notification{*this, {mail_rule(), chat_rule()}};
    outside.failures["chat"] = 2;
    notification.when(broken("L-1"))
        .restart("notification", options({mail_rule(), chat_rule()}))
        .settle();
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(giving_up_one_message_does_not_change_the_reports_of_the_others) {
    Notification notification{*this, {chat_rule(), mail_rule()}};
    outside.failures["chat"] = 100;
    ToldEvent lost{{}, "broken", "chat", false, "L-1!"};
    lost.own_aggregate_id = "L-1";
    notification.when(broken("L-1")).settle().then_emits(lost);
    BOOST_TEST(notification.told() == (Texts{"mail yes", "chat no"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_idempotency_key_is_the_same_in_each_attempt_and_differs_between_messages) {
    Notification notification{*this, {mail_rule(), chat_rule()}};
    notification.when(broken("L-1"), broken("L-2"));
    std::set<std::string> keys;
    for (const Message& message : outside.sent) {
        keys.insert(message.idempotency_key);
    }
    BOOST_TEST(keys.size() == 4U);
    BOOST_TEST(outside.sent.at(0).idempotency_key == bus::to_text(outside.sent.at(0).event_id) +
                                                         "/notification/broken/" +
                                                         outside.sent.at(0).channel);
}

BOOST_AUTO_TEST_CASE(a_text_that_cannot_be_made_is_given_up_at_once_for_all_its_messages) {
    Notification notification{
        *this, {mail_rule(), rule<LampBrokenEvent>("broken", "chat", [](const LampBrokenEvent&) {
                    return std::string{}.substr(7);
                })}};
    notification.when(broken("L-1"))
        .then_dead_letter(bus::FailureKind::poison)
        .then_emits(ToldEvent{{}, "broken", "mail", false, "L-1 is dark"},
                    ToldEvent{{}, "broken", "chat", false, ""});
    BOOST_TEST(outside.attempts == 0);
}

BOOST_AUTO_TEST_CASE(a_request_for_a_channel_that_is_gone_is_rejected_with_a_clear_reason) {
    Notification notification{*this, {mail_rule(), chat_rule()}};
    outside.failures["chat"] = 1;
    notification.when(broken("L-1"));
    channels = {"mail"};
    notification.restart("notification", options({mail_rule()}))
        .settle()
        .then_dead_letter(bus::FailureKind::rejected)
        .then_emits(ToldEvent{{}, "broken", "chat", false, "L-1!"});
    BOOST_TEST(notification.told() == (Texts{"mail yes", "chat no"}),
               boost::test_tools::per_element());
    const auto dead = notification.dead_letters();
    BOOST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(dead[0].attempts.back().message ==
               "agent notification has no channel 'chat' for notification 'broken'; add a channel "
               "of this name, and redrive the event");
}

BOOST_AUTO_TEST_CASE(without_a_store_everything_is_the_same_as_long_as_the_program_runs) {
    Notification notification{*this, {mail_rule(), chat_rule()}, Setup{.store = false}};
    outside.failures["chat"] = 2;
    notification.when(broken("L-1")).settle();
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!"}),
               boost::test_tools::per_element());
    BOOST_TEST(notification.told() == (Texts{"mail yes", "chat yes"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wrong_rules_and_channels_are_refused_with_the_reason) {
    const auto refuses = [this](std::vector<bus::agents::Rule> rules, std::string_view part) {
        BOOST_CHECK_EXCEPTION(NotificationAgent("notification", options(std::move(rules))),
                              std::invalid_argument, [part](const auto& error) {
                                  BOOST_TEST_MESSAGE(error.what());
                                  return std::string_view{error.what()}.find(part) !=
                                         std::string_view::npos;
                              });
    };
    refuses({rule<LampBrokenEvent>("broken", "pigeon", "x")},
            "there is no channel 'pigeon'; there is: mail, chat");
    refuses({rule<LampBrokenEvent>("", "mail", "x")}, "no notification type");
    refuses({bus::agents::Rule{.notification_type = "a", .channel = "mail"}}, "event type");
    refuses({rule<ToldEvent>("told", "mail", "x")}, "answer itself");
    refuses({rule<bus::DomainEvent>("any", "mail", "x")}, "answer itself");
    channels = {"mail", "mail"};
    refuses({mail_rule()}, "two channels have the name 'mail'");
}

BOOST_AUTO_TEST_SUITE_END()
