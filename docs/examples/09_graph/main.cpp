// What a program declares, as a picture, and what it had better look at.
#include <bus/agent/graph.hpp>
#include <bus/bus.hpp>

#include <iostream>

struct QuestionAskedEvent : bus::Event<QuestionAskedEvent> {
    std::string text;
};
BUS_DESCRIBE_EVENT(QuestionAskedEvent, (text))

struct AnswerGivenEvent : bus::Event<AnswerGivenEvent> {
    std::string text;
};
BUS_DESCRIBE_EVENT(AnswerGivenEvent, (text))

struct LessonEndedEvent : bus::Event<LessonEndedEvent> {};
BUS_DESCRIBE_EVENT(LessonEndedEvent, ())

class Teacher : public bus::Agent {
public:
    Teacher() : Agent{"teacher"} {
        on<QuestionAskedEvent>([](const QuestionAskedEvent&, bus::Context& context) {
            context.publish(AnswerGivenEvent{{}, "because"});
        }).emits<AnswerGivenEvent>();
    }
};

// tag::step_context[]
class Pupil : public bus::Agent {
public:
    Pupil() : Agent{"pupil"} { on<AnswerGivenEvent>(&Pupil::wonder); }

private:
    void wonder(const AnswerGivenEvent& /*answer*/,
                bus::StepContext<QuestionAskedEvent, LessonEndedEvent>& context) {
        context.publish(QuestionAskedEvent{{}, "why?"});
    }
};

// end::step_context[]

int main() {
    bus::Bus bus;
    bus.emplace<Teacher>();
    bus.emplace<Pupil>();
    const auto log = bus.subscribe<AnswerGivenEvent>(
        [](const AnswerGivenEvent& event) { std::cout << event.text << '\n'; }, {.name = "log"});
    // tag::warnings[]
    for (const std::string& warning : bus.graph().warnings()) {
        std::cout << "warning: " << warning << '\n';
    }
    // end::warnings[]
    // tag::draw[]
    std::cout << bus.graph().to_mermaid();
    // end::draw[]
}
