#include "test/agents/notification/street.hpp"
#include "test/agents/simulated_bus.hpp"
#include <agents/notification/notification_agent.hpp>

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

namespace {

/// What the channels did, beyond the life of agent and bus.
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

struct Fixture : test::SimulatedBus {
    Outside outside;
    std::vector<std::string> channels{"mail", "chat"};

    NotificationOptions options(std::vector<bus::agents::Rule> rules) {
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

    void add(std::vector<bus::agents::Rule> rules) {
        bus->emplace<NotificationAgent>("notification", options(std::move(rules)));
    }

    LampBrokenEvent break_lamp(const std::string& lamp, bool urgent = false) {
        LampBrokenEvent event;
        event.lamp = lamp;
        event.urgent = urgent;
        event.execution_id = "x-" + lamp;
        bus->publish(event);
        return event;
    }

    /// `channel text` of each message sent, in order.
    std::vector<std::string> sent() const {
        std::vector<std::string> result;
        for (const Message& message : outside.sent) {
            result.push_back(message.channel + " " + message.text);
        }
        return result;
    }

    /// `channel success` of each truth told, in order.
    std::vector<std::string> told() {
        std::vector<std::string> result;
        for (const ToldEvent& event : stored<ToldEvent>()) {
            result.push_back(event.channel + (event.success ? " yes" : " no"));
        }
        return result;
    }
};

using Texts = std::vector<std::string>;

bus::agents::Rule mail_rule() {
    return rule<LampBrokenEvent>("broken", "mail", "{{data.lamp}} is dark");
}

bus::agents::Rule chat_rule() {
    return rule<LampBrokenEvent>("broken", "chat", "{{data.lamp}}!");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(notification_agent, Fixture)

BOOST_AUTO_TEST_CASE(an_event_that_a_rule_matches_becomes_a_message_and_the_truth_is_told) {
    add({mail_rule()});
    const LampBrokenEvent event = break_lamp("L-1");
    bus->wait_idle();
    BOOST_TEST(sent() == Texts{"mail L-1 is dark"}, boost::test_tools::per_element());
    const Message& message = outside.sent.at(0);
    BOOST_TEST(message.notification_type == "broken");
    BOOST_TEST((message.event_id == event.event_id));
    BOOST_TEST(message.event_type == "LampBrokenEvent");
    BOOST_TEST(message.execution_id == "x-L-1");
    BOOST_TEST(message.aggregate_type == "Lamp");
    BOOST_TEST(message.aggregate_id == "L-1");
    BOOST_TEST((message.time == runtime->now()));
    const auto truths = stored<ToldEvent>();
    BOOST_REQUIRE(truths.size() == 1U);
    BOOST_TEST(truths[0].success);
    BOOST_TEST(truths[0].text == "L-1 is dark");
    BOOST_TEST(truths[0].aggregate_id() == "L-1");
    BOOST_TEST(truths[0].execution_id == "x-L-1");
    BOOST_TEST((truths[0].causation_id == event.event_id));
    BOOST_TEST(stored<NotificationRequestedEvent>().empty());
}

BOOST_AUTO_TEST_CASE(an_event_that_no_rule_matches_is_not_told) {
    add({rule<LampBrokenEvent>("broken", "mail", "x",
                               [](const LampBrokenEvent& event) { return event.urgent; })});
    break_lamp("L-1");
    bus->publish(LampMendedEvent{{}, "L-1"});
    bus->wait_idle();
    BOOST_TEST(outside.attempts == 0);
    BOOST_TEST(stored<ToldEvent>().empty());
    break_lamp("L-2", true);
    bus->wait_idle();
    BOOST_TEST(outside.sent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(each_matching_rule_of_an_event_gives_a_message) {
    add({mail_rule(), chat_rule(),
         rule<LampMendedEvent>("mended", "chat", "{{data.lamp}} shines")});
    const LampBrokenEvent event = break_lamp("L-1");
    bus->publish(LampMendedEvent{{}, "L-1"});
    bus->wait_idle();
    const auto all = sent();
    BOOST_TEST((std::multiset<std::string>(all.begin(), all.end()) ==
                std::multiset<std::string>{"mail L-1 is dark", "chat L-1!", "chat L-1 shines"}));
    BOOST_TEST(told().size() == 3U);
    for (const Message& message : outside.sent) {
        if (message.notification_type == "broken") {
            BOOST_TEST((message.event_id == event.event_id));
            BOOST_TEST(message.event_type == "LampBrokenEvent");
            BOOST_TEST(message.aggregate_type == "Lamp");
            BOOST_TEST(message.aggregate_id == "L-1");
            BOOST_TEST(message.execution_id == "x-L-1");
        }
    }
    const auto requests = stored<NotificationRequestedEvent>();
    BOOST_TEST(requests.size() == 2U);
    for (const auto& request : requests) {
        BOOST_TEST((request.causation_id == event.event_id));
        BOOST_TEST(request.aggregate_id() == "L-1");
    }
}

BOOST_AUTO_TEST_CASE(a_rule_for_a_base_applies_to_what_derives_from_it) {
    add({mail_rule(), rule<LampStolenEvent>("stolen", "chat", "{{data.by}} took {{data.lamp}}")});
    LampStolenEvent event;
    event.lamp = "L-1";
    event.by = "the wind";
    bus->publish(event);
    bus->wait_idle();
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat the wind took L-1"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_no_truth_is_bound_messages_are_sent_all_the_same) {
    auto silent = options({mail_rule()});
    silent.sent.reset();
    bus->emplace<NotificationAgent>("notification", std::move(silent));
    outside.failures["mail"] = 100;
    break_lamp("L-1");
    runtime->run_until_idle();
    outside.failures.clear();
    break_lamp("L-2");
    bus->wait_idle();
    BOOST_TEST(sent() == Texts{"mail L-2 is dark"}, boost::test_tools::per_element());
    BOOST_TEST(stored<ToldEvent>().empty());
}

BOOST_AUTO_TEST_CASE(of_rules_with_equal_type_and_channel_the_first_that_matches_speaks) {
    add({rule<LampBrokenEvent>("broken", "mail", "at once",
                               [](const LampBrokenEvent& event) { return event.urgent; }),
         rule<LampBrokenEvent>("broken", "mail", "some day")});
    break_lamp("L-1", true);
    break_lamp("L-2", false);
    bus->wait_idle();
    BOOST_TEST(sent() == (Texts{"mail at once", "mail some day"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failing_channel_is_tried_again_by_the_delivery_and_then_tells_success) {
    add({mail_rule()});
    outside.failures["mail"] = 2;
    break_lamp("L-1");
    runtime->run_until_idle();
    BOOST_TEST(outside.attempts == 3);
    BOOST_TEST(outside.sent.size() == 1U);
    BOOST_TEST(told() == Texts{"mail yes"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sending_that_is_given_up_tells_that_it_failed) {
    add({mail_rule()});
    outside.failures["mail"] = 100;
    const LampBrokenEvent event = break_lamp("L-1");
    runtime->run_until_idle();
    BOOST_TEST(outside.attempts == 5);
    BOOST_TEST(told() == Texts{"mail no"}, boost::test_tools::per_element());
    BOOST_TEST(stored<ToldEvent>().at(0).text == "L-1 is dark");
    BOOST_TEST((stored<ToldEvent>().at(0).causation_id == event.event_id));
    BOOST_TEST(store->deliveries("notification", bus::DeliveryState::dead).size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_message_is_sent_twice_because_of_another_that_fails) {
    add({mail_rule(), chat_rule()});
    outside.failures["chat"] = 3;
    break_lamp("L-1");
    runtime->run_until_idle();
    BOOST_TEST(outside.attempts == 1 + 4);
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!"}),
               boost::test_tools::per_element());
    BOOST_TEST(told() == (Texts{"mail yes", "chat yes"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nor_after_a_restart_between_the_attempts) {
    add({mail_rule(), chat_rule()});
    outside.failures["chat"] = 2;
    break_lamp("L-1");
    bus->wait_idle();
    restart();
    add({mail_rule(), chat_rule()});
    runtime->run_until_idle();
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_is_given_up_leaves_the_truth_of_the_others) {
    add({chat_rule(), mail_rule()});
    outside.failures["chat"] = 100;
    break_lamp("L-1");
    runtime->run_until_idle();
    BOOST_TEST(told() == (Texts{"mail yes", "chat no"}), boost::test_tools::per_element());
    const auto truths = stored<ToldEvent>();
    BOOST_TEST(truths.at(1).aggregate_id() == "L-1");
    BOOST_TEST(truths.at(1).text == "L-1!");
}

BOOST_AUTO_TEST_CASE(the_idempotency_key_is_the_same_in_each_attempt_and_differs_between_messages) {
    add({mail_rule(), chat_rule()});
    break_lamp("L-1");
    break_lamp("L-2");
    bus->wait_idle();
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
    add({mail_rule(), rule<LampBrokenEvent>("broken", "chat", [](const LampBrokenEvent&) {
             return std::string{}.substr(7);
         })});
    break_lamp("L-1");
    runtime->run_until_idle();
    BOOST_TEST(outside.attempts == 0);
    BOOST_TEST(told() == (Texts{"mail no", "chat no"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_request_for_a_channel_that_is_gone_is_rejected_with_a_clear_reason) {
    add({mail_rule(), chat_rule()});
    outside.failures["chat"] = 1;
    break_lamp("L-1");
    bus->wait_idle();
    restart();
    channels = {"mail"};
    add({mail_rule()});
    runtime->run_until_idle();
    BOOST_TEST(told() == (Texts{"mail yes", "chat no"}), boost::test_tools::per_element());
    const auto dead = store->deliveries("notification", bus::DeliveryState::dead);
    BOOST_REQUIRE(dead.size() == 1U);
    BOOST_TEST(
        dead[0].attempts.back().message ==
        "agent notification has no channel 'chat' for notification 'broken'; add one of this "
        "name and redrive");
}

BOOST_AUTO_TEST_CASE(without_a_store_all_is_the_same_for_as_long_as_the_program_lives) {
    bus = std::make_unique<bus::Bus>(bus::BusOptions{runtime, nullptr});
    int truths = 0;
    const auto subscription =
        bus->subscribe<ToldEvent>([&](const ToldEvent& event) { truths += event.success ? 1 : 0; });
    add({mail_rule(), chat_rule()});
    outside.failures["chat"] = 2;
    break_lamp("L-1");
    runtime->run_until_idle();
    BOOST_TEST(sent() == (Texts{"mail L-1 is dark", "chat L-1!"}),
               boost::test_tools::per_element());
    BOOST_TEST(truths == 2);
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
