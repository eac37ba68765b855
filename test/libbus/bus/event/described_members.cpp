#include <bus/event/codec.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>

/// Members of bases, and members that are not public: all described members are written and read.
namespace members {

struct Named {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Named, (), (name))

struct Sized : Named {
    std::int32_t size = 0;
};
BOOST_DESCRIBE_STRUCT(Sized, (Named), (size))

struct Coloured {
    std::string colour;
};
BOOST_DESCRIBE_STRUCT(Coloured, (), (colour))

struct Crate : Sized, Coloured {
    double weight = 0;
};
BOOST_DESCRIBE_STRUCT(Crate, (Sized, Coloured), (weight))

struct Left : virtual Named {
    std::int32_t left = 0;
};
BOOST_DESCRIBE_STRUCT(Left, (Named), (left))

class Account {
public:
    std::string owner;

    [[nodiscard]] std::int64_t balance() const { return balance_; }

    void set(std::int64_t balance, bool frozen) {
        balance_ = balance;
        frozen_ = frozen;
    }

    [[nodiscard]] bool frozen() const { return frozen_; }

protected:
    std::int64_t balance_ = 0;

private:
    bool frozen_ = false;
    BOOST_DESCRIBE_CLASS(Account, (), (owner), (balance_), (frozen_))
};

class Savings : public Account {
public:
    double rate = 0;

    [[nodiscard]] int term() const { return term_; }

    void set_term(int term) { term_ = term; }

private:
    int term_ = 0;
    BOOST_DESCRIBE_CLASS(Savings, (Account), (rate), (), (term_))
};

struct Audited {
    std::string by;
};
BOOST_DESCRIBE_STRUCT(Audited, (), (by))

struct Tag {}; // a base without members, described or not, is nothing to write
BOOST_DESCRIBE_STRUCT(Tag, (), ())

struct MovedEvent : bus::Event<MovedEvent>, Audited, Tag {
    Crate crate;
    Left left;
    Savings savings;

    class Inner {
    public:
        [[nodiscard]] int secret() const { return secret_; }

        void set(int secret) { secret_ = secret; }

    private:
        int secret_ = 0;
        BOOST_DESCRIBE_CLASS(Inner, (), (), (), (secret_))
    };

    Inner inner;
};
BUS_DESCRIBE_EVENT(MovedEvent, (by, crate, left, savings, inner))

// clang-format off
struct WideEvent : bus::Event<WideEvent> {
    int a0=0,a1=1,a2=2,a3=3,a4=4,a5=5,a6=6,a7=7,a8=8,a9=9,b0=0,b1=1,b2=2,b3=3,b4=4,b5=5,b6=6,b7=7,b8=8,b9=9,
        c0=0,c1=1,c2=2,c3=3,c4=4,c5=5,c6=6,c7=7,c8=8,c9=9,d0=0,d1=1,d2=2,d3=3,d4=4,d5=5,d6=6,d7=7,d8=8,d9=9,
        e0=0,e1=1,e2=2,e3=3,e4=4,e5=5,e6=6,e7=7,e8=8,e9=9,f0=0,f1=1,f2=2,f3=3,f4=4,f5=5,f6=6,f7=7,f8=8,f9=9,
        g0=0,g1=1,g2=2,g3=3,g4=4,g5=5,g6=6,g7=7,g8=8,g9=9;
};
BUS_DESCRIBE_EVENT(WideEvent,
    (a0,a1,a2,a3,a4,a5,a6,a7,a8,a9,b0,b1,b2,b3,b4,b5,b6,b7,b8,b9,c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,
     d0,d1,d2,d3,d4,d5,d6,d7,d8,d9,e0,e1,e2,e3,e4,e5,e6,e7,e8,e9,f0,f1,f2,f3,f4,f5,f6,f7,f8,f9,
     g0,g1,g2,g3,g4,g5,g6,g7,g8,g9))

// clang-format on

template <class T>
struct ChangedEvent : bus::Event<ChangedEvent<T>> {
    T value{};
};

using TextChangedEvent = ChangedEvent<std::string>;

BUS_DESCRIBE_EVENT(TextChangedEvent, (value))
BUS_DESCRIBE_EVENT(ChangedEvent<int>, (value))
BUS_DESCRIBE_EVENT(ChangedEvent<Crate>, (value), bus::wire_name("CrateChangedEvent"))

} // namespace members

BOOST_AUTO_TEST_SUITE(described_members)

using members::Crate;

BOOST_AUTO_TEST_CASE(A17_members_of_described_bases_are_written_first_and_read) {
    Crate crate;
    crate.name = "n";
    crate.size = 3;
    crate.colour = "red";
    crate.weight = 1.5;
    const std::string json = R"({"name":"n","size":3,"colour":"red","weight":1.5})";
    BOOST_TEST(bus::to_json_text(crate) == json);
    const auto strict = bus::from_json_text<Crate>(json, bus::Reading::strict);
    BOOST_TEST(bus::to_json_text(strict) == json);
    const auto shuffled =
        bus::from_json_text<Crate>(R"({"weight":1.5,"colour":"red","size":3,"name":"n"})");
    BOOST_TEST(bus::to_json_text(shuffled) == json);
}

BOOST_AUTO_TEST_CASE(A17_members_that_are_not_public_are_written_and_read) {
    members::Savings savings;
    savings.owner = "ada";
    savings.set(77, true);
    savings.rate = 0.5;
    savings.set_term(9);
    const std::string json = R"({"owner":"ada","balance_":77,"frozen_":true,"rate":0.5,"term_":9})";
    BOOST_TEST(bus::to_json_text(savings) == json);
    const auto back = bus::from_json_text<members::Savings>(json, bus::Reading::strict);
    BOOST_TEST(back.balance() == 77);
    BOOST_TEST(back.frozen());
    BOOST_TEST(back.term() == 9);
}

BOOST_AUTO_TEST_CASE(A17_an_event_keeps_everything_that_its_parts_describe) {
    members::MovedEvent event;
    event.by = "ada";
    event.crate.name = "box";
    event.left.name = "virtual";
    event.left.left = 4;
    event.savings.set(5, true);
    event.inner.set(42);
    const std::string json = bus::to_json(event);
    const auto back = bus::from_json<members::MovedEvent>(json);
    BOOST_TEST(back.by == "ada");
    BOOST_TEST(back.crate.name == "box");
    BOOST_TEST(back.left.name == "virtual");
    BOOST_TEST(back.left.left == 4);
    BOOST_TEST(back.savings.balance() == 5);
    BOOST_TEST(back.inner.secret() == 42);
    BOOST_TEST(bus::to_json(back) == json);
}

BOOST_AUTO_TEST_CASE(A17_an_event_may_have_more_members_than_boost_describes) {
    members::WideEvent event;
    event.g9 = 77;
    BOOST_TEST(event.type().members().members.size() == 70U);
    BOOST_TEST(bus::from_json<members::WideEvent>(bus::to_json(event)).g9 == 77);
}

BOOST_AUTO_TEST_CASE(A17_templates_of_events_are_described_one_by_one) {
    BOOST_TEST(members::TextChangedEvent{}.event_type() == "TextChangedEvent");
    BOOST_TEST(members::ChangedEvent<int>{}.event_type() == "ChangedEvent<int>");
    BOOST_TEST(members::ChangedEvent<Crate>{}.event_type() == "CrateChangedEvent");
    const members::ChangedEvent<int> event{{}, 7};
    BOOST_TEST(bus::from_json<members::ChangedEvent<int>>(bus::to_json(event)).value == 7);
}

BOOST_AUTO_TEST_SUITE_END()
