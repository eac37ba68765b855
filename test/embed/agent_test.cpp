// An embedder tests an agent with the kit, without any test framework.
#include <bus/testing/testing.hpp>

#include <cstdio>
#include <exception>
#include <string>

struct DoorOpenedEvent : bus::Event<DoorOpenedEvent> {
    std::string door;
};
BUS_DESCRIBE_EVENT(DoorOpenedEvent, (door), bus::aggregate_id<&DoorOpenedEvent::door>)

struct LightSwitchedEvent : bus::Event<LightSwitchedEvent> {
    std::string door;
};
BUS_DESCRIBE_EVENT(LightSwitchedEvent, (door), bus::aggregate_id<&LightSwitchedEvent::door>)

class Lights : public bus::Agent {
public:
    Lights() : Agent{"lights"} {
        on<DoorOpenedEvent>(
            [](const DoorOpenedEvent& event, bus::StepContext<LightSwitchedEvent>& context) {
                context.publish(LightSwitchedEvent{{}, event.door});
            });
    }
};

int main() {
    try {
        bus::testing::AgentTest<Lights> lights;
        lights.when(DoorOpenedEvent{{}, "front"}).then_emits(LightSwitchedEvent{{}, "front"});
        try {
            lights.then_emits(LightSwitchedEvent{{}, "back"});
        } catch (const bus::testing::Mismatch& mismatch) {
            std::printf("as it should be, this is noticed:\n%s\n", mismatch.what());
            return 0;
        }
        std::fprintf(stderr, "agent_test: a light at the wrong door was not noticed\n");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "agent_test: %s\n", error.what());
    }
    return 1;
}
