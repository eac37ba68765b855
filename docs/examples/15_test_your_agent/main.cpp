// A custom agent with its test by the kit, in forty lines.
#define BOOST_TEST_MODULE dunning
#include <bus/testing/testing.hpp>

#include <boost/test/unit_test.hpp>

struct InvoiceSentEvent : bus::Event<InvoiceSentEvent> {
    std::string invoice;
};
BUS_DESCRIBE_EVENT(InvoiceSentEvent, (invoice), bus::aggregate_id<&InvoiceSentEvent::invoice>)

struct InvoiceOverdueEvent : bus::Event<InvoiceOverdueEvent> {
    std::string invoice;
};
BUS_DESCRIBE_EVENT(InvoiceOverdueEvent, (invoice))

class Dunning : public bus::Agent {
public:
    explicit Dunning(const bool& calendar_works) : Agent{"dunning"} {
        on<InvoiceSentEvent>([&](const InvoiceSentEvent& sent, bus::Context& context) {
            if (!calendar_works) {
                throw bus::Failure::throttled("the calendar is down", std::chrono::minutes{5});
            }
            context.schedule(std::chrono::days{14}, InvoiceOverdueEvent{{}, sent.invoice});
        }).emits<InvoiceOverdueEvent>();
    }
};

BOOST_AUTO_TEST_CASE(an_invoice_is_overdue_after_two_weeks_also_where_the_calendar_was_down) {
    using namespace std::chrono_literals;
    bool calendar_works = false;
    bus::testing::AgentTest<Dunning> dunning{calendar_works};
    const InvoiceSentEvent sent{{}, "I-7"};
    dunning.when(sent).then_fails(bus::FailureKind::throttled).then_tries_again_in(5min);
    calendar_works = true;
    dunning.advance(5min).then_emits_nothing().then_schedules<InvoiceOverdueEvent>(14 * 24h);
    dunning.advance(14 * 24h).then_emits(bus::derive<InvoiceOverdueEvent>(sent, "I-7"));
}
