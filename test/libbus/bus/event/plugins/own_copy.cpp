#include "test/libbus/bus/event/plugins/own_copy.hpp"

namespace plugged {

namespace {

struct CopiedEvent : bus::Event<CopiedEvent> {
    std::string text;
};
BUS_DESCRIBE_EVENT(CopiedEvent, (text))

class CopyAgent : public bus::Agent {
public:
    explicit CopyAgent(std::string& heard) : Agent{"copy"}, heard_{heard} {
        on<CopiedEvent>(
            [this](const CopiedEvent& event) { heard_ += "agent " + event.text + ' '; });
    }

private:
    std::string& heard_;
};

std::string unheard;

std::string use_own_bus() {
    std::string heard;
    {
        bus::Bus bus;
        bus.emplace<CopyAgent>(heard);
        bus.publish(CopiedEvent{{}, "one"});
        bus.wait_idle();
        const auto handler = bus.subscribe<CopiedEvent>(
            [&](const CopiedEvent& event) { heard += "handler " + event.text + ' '; });
        bus.remove("copy");
        bus.publish(CopiedEvent{{}, "two"});
    }
    return heard;
}

void take(const PluggedEvent& event) {
    bus::Bus bus;
    const auto handler = bus.subscribe<bus::DomainEvent>([](const bus::DomainEvent&) {});
    bus.publish(event);
}

} // namespace

} // namespace plugged

extern "C" [[gnu::visibility("default")]] const plugged::OwnCopy own_copy;

const plugged::OwnCopy own_copy{
#ifdef PLUGIN_SHARES_LIBBUS
    .shares_libbus = true,
#else
    .shares_libbus = false,
#endif
    .publish =
        [](bus::Bus& bus) {
            bus.publish(plugged::CopiedEvent{{}, "x"});
        },
    .subscribe =
        [](bus::Bus& bus) {
            bus.subscribe<plugged::CopiedEvent>([](const plugged::CopiedEvent&) {}).release();
        },
    .add = [](bus::Bus& bus) { bus.emplace<plugged::CopyAgent>(plugged::unheard); },
    .make_agent = []() -> std::unique_ptr<bus::Agent> {
        return std::make_unique<plugged::CopyAgent>(plugged::unheard);
    },
    .make_event = []() -> std::shared_ptr<const plugged::PluggedEvent> {
        return std::make_shared<plugged::PluggedEvent>();
    },
    .use_own_bus = plugged::use_own_bus,
    .take = plugged::take};
