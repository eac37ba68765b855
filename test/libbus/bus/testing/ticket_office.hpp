#pragma once

#include <bus/testing/testing.hpp>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// An agent that does a little of everything that the kit can check.
namespace office {

struct Line {
    std::string item;
    std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(Line, (), (item, amount))

struct TicketBoughtEvent : bus::Event<TicketBoughtEvent> {
    std::string ticket;
    std::int64_t seats = 1;
};
BUS_DESCRIBE_EVENT(TicketBoughtEvent, (ticket, seats),
                   bus::aggregate_id<&TicketBoughtEvent::ticket>)

struct TicketUsedEvent : bus::Event<TicketUsedEvent> {
    std::string ticket;
};
BUS_DESCRIBE_EVENT(TicketUsedEvent, (ticket), bus::aggregate_id<&TicketUsedEvent::ticket>)

struct TicketPrintedEvent : bus::Event<TicketPrintedEvent> {
    std::string ticket;
    std::vector<Line> lines;
};
BUS_DESCRIBE_EVENT(TicketPrintedEvent, (ticket, lines),
                   bus::aggregate_id<&TicketPrintedEvent::ticket>)

struct TicketExpiredEvent : bus::Event<TicketExpiredEvent> {
    std::string ticket;
};
BUS_DESCRIBE_EVENT(TicketExpiredEvent, (ticket), bus::aggregate_id<&TicketExpiredEvent::ticket>)

struct TicketRefusedEvent : bus::Event<TicketRefusedEvent> {
    std::string ticket;
    std::string why;
};
BUS_DESCRIBE_EVENT(TicketRefusedEvent, (ticket, why),
                   bus::aggregate_id<&TicketRefusedEvent::ticket>)

struct BellRangEvent : bus::Event<BellRangEvent> {
    std::int64_t times = 0;
};
BUS_DESCRIBE_EVENT(BellRangEvent, (times), bus::durability(bus::Durability::transient))

struct Account {
    std::int64_t seats = 0;
    std::string last;
};
BOOST_DESCRIBE_STRUCT(Account, (), (seats, last))

/// The printer: how often it still fails, by ticket, and how.
struct Printer {
    std::map<std::string, int> failures;
    bus::FailureKind kind = bus::FailureKind::transient;
};

/// Prints what is bought, expires it after a day, and counts seats.
class Office : public bus::Agent {
public:
    explicit Office(Printer& printer) : Agent{"office"}, printer_{printer} {
        settings().retry = {.max_attempts = 2,
                            .initial_delay = std::chrono::minutes{1},
                            .max_delay = std::chrono::hours{1},
                            .jitter = 0};
        on<TicketBoughtEvent>(&Office::print).emits<TicketPrintedEvent, TicketExpiredEvent>();
        on<TicketUsedEvent>(&Office::use);
        on<TicketExpiredEvent>([](const TicketExpiredEvent& event, bus::Context& context) {
            context.erase_state(event.ticket);
            context.publish(BellRangEvent{{}, 1});
        }).emits<BellRangEvent>();
        emits_on_giving_up<TicketRefusedEvent>();
    }

    void on_given_up(const bus::DomainEvent& event, const bus::Failure& failure,
                     bus::Context& context) override {
        if (event.aggregate_id() == "cursed") {
            throw std::runtime_error{"the office burns"};
        }
        context.publish(TicketRefusedEvent{{}, std::string{event.aggregate_id()}, failure.what()});
    }

private:
    void print(const TicketBoughtEvent& event, bus::Context& context) {
        if (printer_.failures[event.ticket] > 0) {
            --printer_.failures[event.ticket];
            throw bus::Failure{printer_.kind, "the printer is out of paper"};
        }
        if (event.ticket == "early") {
            throw bus::Failure::not_ready("too early", context.now() + std::chrono::hours{3});
        }
        if (event.ticket.empty()) {
            return;
        }
        Account account = context.state<Account>("account").value_or(Account{});
        account.seats += event.seats;
        account.last = event.ticket;
        context.set_state("account", account);
        context.set_state(
            event.ticket,
            context.schedule(std::chrono::hours{24}, TicketExpiredEvent{{}, event.ticket}).number);
        context.publish(TicketPrintedEvent{{}, event.ticket, {{"seat", event.seats}, {"fee", 1}}});
    }

    void use(const TicketUsedEvent& event, bus::Context& context) {
        if (const auto timer = context.state<std::uint64_t>(event.ticket)) {
            context.cancel({*timer});
            context.erase_state(event.ticket);
        }
    }

    Printer& printer_;
};

/// Redrives dead letters of "printing" as soon as the bell rings for them.
class Helper : public bus::Agent {
public:
    Helper() : Agent{"helper"} {
        on<TicketUsedEvent>([](const TicketUsedEvent& event, bus::Context& context) {
            if (const auto letter = context.dead_letter("printing", event.causation_id)) {
                context.redrive(*letter, "used after all");
            }
        });
    }
};

} // namespace office
