#include "test/agents/notification/street.hpp"
#include <agents/notification/rule.hpp>
#include <bus/event/timestamp.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace street;
using bus::agents::text_template;

namespace {

std::string render(std::string_view text, const LampBrokenEvent& event) {
    return text_template(text, bus::event_type<LampBrokenEvent>())(event);
}

LampBrokenEvent lamp() {
    LampBrokenEvent event;
    event.lamp = "L-7";
    return event;
}

} // namespace

BOOST_AUTO_TEST_SUITE(templates)

BOOST_AUTO_TEST_CASE(a_template_sees_the_members_of_the_event_and_its_data) {
    LampBrokenEvent event = lamp();
    event.number = -9'007'199'254'740'993;
    event.watts = 12.5;
    event.execution_id = "x-1";
    event.occurred_at = bus::parse_timestamp("2026-01-02T03:04:05Z");
    BOOST_TEST(render("{{event_type}} {{aggregate_id}} {{aggregate_type}} v{{event_version}} "
                      "{{execution_id}} {{occurred_at}}: {{data.lamp}} {{data.number}} "
                      "{{data.watts}}",
                      event) == "LampBrokenEvent L-7 Lamp v1 x-1 2026-01-02T03:04:05.000000Z: L-7 "
                                "-9007199254740993 12.5");
}

BOOST_AUTO_TEST_CASE(nothing_is_escaped) {
    LampBrokenEvent event = lamp();
    event.lamp = "<b> & \"q\" 'a' {{x}} é\n";
    BOOST_TEST(render("{{data.lamp}}", event) == event.lamp);
    BOOST_TEST(render("{{{data.lamp}}}", event) == event.lamp);
    BOOST_TEST(render("{{&data.lamp}}", event) == event.lamp);
}

BOOST_AUTO_TEST_CASE(sections_depend_on_truth_lists_and_absence) {
    const std::string_view text = "{{#data.urgent}}now {{data.urgent}}{{/data.urgent}}"
                                  "{{^data.urgent}}later{{/data.urgent}}"
                                  "{{#data.note}} ({{data.note}}){{/data.note}}"
                                  "{{#data.houses}} {{name}}{{#lit}}*{{/lit}}{{/data.houses}}";
    LampBrokenEvent event = lamp();
    BOOST_TEST(render(text, event) == "later");
    event.urgent = true;
    event.note = "again";
    event.houses = {{"A", true}, {"B", false}};
    BOOST_TEST(render(text, event) == "now true (again) A* B");
}

BOOST_AUTO_TEST_CASE(a_missing_value_prints_nothing) {
    BOOST_TEST(render("[{{data.note}}{{data.labels.colour}}{{nonsense}}]", lamp()) == "[]");
    LampBrokenEvent event = lamp();
    event.labels["colour"] = "red";
    BOOST_TEST(render("[{{data.labels.colour}}]", event) == "[red]");
}

BOOST_AUTO_TEST_CASE(a_template_that_cannot_be_read_is_refused_with_the_reason) {
    const auto refuses = [](std::string_view text, std::string_view part) {
        BOOST_CHECK_EXCEPTION(text_template(text, bus::event_type<LampBrokenEvent>()),
                              std::invalid_argument, [part](const auto& error) {
                                  return std::string_view{error.what()}.find(part) !=
                                         std::string_view::npos;
                              });
    };
    refuses("{{#data.urgent}} open", "Unclosed section");
    refuses("{{data.lamp", "Unclosed tag");
    refuses("{{", "Unclosed tag");
    refuses("x {{{", "Unclosed tag");
    refuses("{{data.lmap}}",
            "'data.lmap' is not a member of LampBrokenEvent, which has: lamp, number");
    refuses("{{# data.lmap }}x{{/ data.lmap }}", "data.lmap");
    refuses("{{{data.lmap}}}", "data.lmap");
}

BOOST_AUTO_TEST_CASE(rules_take_callables_for_their_text_too) {
    const auto rule = bus::agents::rule<LampBrokenEvent>(
        "broken", "log", [](const LampBrokenEvent& event) { return "lamp " + event.lamp; },
        [](const LampBrokenEvent& event) { return event.urgent; });
    LampBrokenEvent event = lamp();
    BOOST_TEST(rule.text(event) == "lamp L-7");
    BOOST_TEST(!rule.when(event));
    event.urgent = true;
    BOOST_TEST(rule.when(event));
}

BOOST_AUTO_TEST_SUITE_END()
