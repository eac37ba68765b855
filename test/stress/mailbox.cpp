// Agents without a store: publishers on threads, small mailboxes that are always full, steps that
// emit into them, agents that are added and removed meanwhile, and stops at any moment. Each event
// must be finished, dropped, refused or left; orders must be kept; nothing may hang.
#include "test/support/bus_events.hpp"
#include "test/support/scripted_agent.hpp"
#include "test/support/stress.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/system_runtime.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using test::Chance;
using test::ping;
using test::PingEvent;
using test::pong;
using test::PongEvent;
using test::scripted;

namespace {

constexpr std::size_t most_publishers = 3;
/// The number of sequences of each publisher. The events that steps emit for them have as many.
constexpr std::size_t sequences_each = 2;
constexpr std::size_t published_sequences = most_publishers * sequences_each;

/// What has not arrived after this time never will. The round then fails and prints its seed,
/// instead of hanging.
constexpr auto patience = 20s;

/// The sequences are named by letters: first those of the publishers, then their echoes.
std::string sequence_name(std::size_t index) {
    return std::string(1, static_cast<char>('a' + index));
}

std::size_t sequence_index(const std::string& name) {
    return static_cast<std::size_t>(name.front() - 'a');
}

/// Publishes the next event of a sequence. A publisher's events have two types, but the events of
/// one sequence have one: sequences are by aggregate, so two types would be two sequences.
template <class To>
void publish(To& to, std::size_t sequence, std::int64_t number) {
    const std::string name = sequence_name(sequence);
    sequence % 2 == 0 ? to.publish(ping(name, number)) : to.publish(pong(name, number));
}

/// Empty if each number is greater than the one before it; otherwise names the first that is not.
std::string out_of_order(const std::string& whose, const std::vector<std::int64_t>& numbers) {
    const auto found = std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>{});
    return found == numbers.end() ? ""
                                  : whose + ": " + std::to_string(found[1]) + " after " +
                                        std::to_string(found[0]) + "; ";
}

/// Counts an error if two are in the same place at once.
class Inside {
public:
    Inside(std::atomic<int>& place, std::atomic<int>& wrong) : place_{place} {
        wrong += place_++ == 0 ? 0 : 1;
    }

    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

    ~Inside() { --place_; }

private:
    std::atomic<int>& place_;
};

/// The settings that a test chooses for an agent; the others are random.
struct Wishes {
    std::optional<std::uint32_t> workers;
    std::optional<bus::Overflow> overflow;
    bool emits = false; ///< to itself, through its mailbox
    bool fails = false; ///< first attempts, now and then
};

/// An agent with a mailbox of a few events, and what its steps have seen.
class Watched {
public:
    Watched(Chance& chance, const Wishes& wishes)
        : workers_{wishes.workers ? *wishes.workers
                                  : 1 + static_cast<std::uint32_t>(chance.number(3))},
          overflow_{wishes.overflow ? *wishes.overflow
                                    : static_cast<bus::Overflow>(chance.number(3))},
          capacity_{1 + chance.number(4)},
          emits_{wishes.emits},
          fails_{wishes.fails} {
        for (Sequence& sequence : sequences_) {
            sequence.chance = chance.fork();
        }
    }

    void add_to(bus::Bus& bus, std::string name) {
        auto agent = scripted(std::move(name));
        agent->settings().workers = workers_;
        agent->settings().overflow = overflow_;
        agent->settings().mailbox_capacity = capacity_;
        agent->settings().retry = test::every(0s, 3);
        agent->handles<PingEvent, PingEvent, PongEvent>(
            [this](const PingEvent& event, bus::Context& context) { step(event, context); });
        agent->handles<PongEvent, PingEvent, PongEvent>(
            [this](const PongEvent& event, bus::Context& context) { step(event, context); });
        bus.add(std::move(agent));
    }

    /// Sets what one step does in addition, once. To be called before the agent is added.
    void at(std::int64_t number, std::function<void()> act) {
        act_at_ = number;
        act_ = std::move(act);
    }

    /// The agent was removed: from now on, a step that still runs is an error.
    void has_left() { left_ = true; }

    /// How many steps ran after the agent was removed.
    [[nodiscard]] int late() const { return late_; }

    [[nodiscard]] bool blocks() const { return overflow_ == bus::Overflow::block; }

    [[nodiscard]] bool has_one_worker() const { return workers_ == 1; }

    /// How many events its successful steps have emitted, or are about to emit.
    [[nodiscard]] std::uint64_t emitted() const { return emitted_; }

    /// Empty if only steps that may do so ran at the same time, and each sequence was in order.
    /// With one worker, and if nothing overtakes failed events, the events of each publisher must
    /// be in order too. Otherwise it says what was wrong.
    [[nodiscard]] std::string out_of_order() const {
        std::string what;
        if (wrong_ > 0) {
            what += std::to_string(wrong_) + " steps met another one; ";
        }
        for (std::size_t i = 0; i < sequences_.size(); ++i) {
            what += ::out_of_order("sequence " + sequence_name(i), sequences_.at(i).seen);
        }
        for (std::size_t i = 0; i < by_publisher_.size() && !fails_; ++i) {
            what += ::out_of_order("publisher " + std::to_string(i), by_publisher_.at(i));
        }
        return what;
    }

    /// How many steps have succeeded.
    [[nodiscard]] std::uint64_t seen() const {
        std::uint64_t all = 0;
        for (const Sequence& sequence : sequences_) {
            all += sequence.seen.size();
        }
        return all;
    }

    /// The numbers of one sequence that were seen.
    [[nodiscard]] const std::vector<std::int64_t>& seen_in(std::size_t sequence) const {
        return sequences_.at(sequence).seen;
    }

    /// The numbers of one publisher that were seen, in their order.
    [[nodiscard]] std::vector<std::int64_t> seen_of(std::size_t publisher) const {
        std::vector<std::int64_t> all;
        for (std::size_t i = 0; i < sequences_each; ++i) {
            const auto& seen = sequences_.at(publisher * sequences_each + i).seen;
            all.insert(all.end(), seen.begin(), seen.end());
        }
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    /// It needs no lock, because the steps of a sequence run one after the other.
    struct Sequence {
        std::atomic<int> inside{0};
        std::vector<std::int64_t> seen;
        Chance chance{0};
    };

    template <class E>
    void step(const E& event, bus::Context& context) {
        const std::size_t index = sequence_index(event.name);
        Sequence& mine = sequences_.at(index);
        const Inside in_sequence{mine.inside, wrong_};
        std::optional<Inside> alone;
        if (workers_ == 1) {
            alone.emplace(inside_, wrong_);
        }
        late_ += left_ ? 1 : 0;
        mine.chance.yield();
        late_ += left_ ? 1 : 0;
        if (fails_ && context.attempt() == 1 && mine.chance.once_in(8)) {
            throw std::runtime_error{"the next attempt will do"};
        }
        mine.seen.push_back(event.number);
        if (workers_ == 1 && (index < published_sequences || emits_)) {
            by_publisher_.at(index / sequences_each).push_back(event.number);
        }
        if (act_ && event.number >= act_at_ && !acted_.exchange(true)) {
            act_();
        }
        mine.chance.yield();
        if (emits_ && index < published_sequences && mine.chance.once_in(2)) {
            publish(context, index + published_sequences, event.number);
            ++emitted_;
        }
    }

    const std::uint32_t workers_;
    const bus::Overflow overflow_;
    const std::size_t capacity_;
    const bool emits_;
    const bool fails_;
    std::int64_t act_at_ = 0;
    std::function<void()> act_;
    std::atomic<bool> acted_{false};
    std::atomic<bool> left_{false};
    std::atomic<int> late_{0};

    std::array<Sequence, 2 * published_sequences> sequences_;
    /// Used if there is one worker. Of the echoes, only its own are in it.
    std::array<std::vector<std::int64_t>, 2 * most_publishers> by_publisher_;
    std::atomic<int> inside_{0};
    std::atomic<int> wrong_{0};
    std::atomic<std::uint64_t> emitted_{0};
};

/// Threads that publish `each` events, numbered from 1, or are refused by the bus.
class Publishers {
public:
    struct Count {
        std::atomic<std::int64_t> begun{0};    ///< the last one that was given to the bus
        std::atomic<std::int64_t> accepted{0}; ///< the last one that the bus took
        std::atomic<std::int64_t> refused{0};
    };

    /// Publishes one of the events; may use random numbers.
    using Publish = std::function<void(std::size_t publisher, std::int64_t number, Chance& chance)>;

    Publishers(Chance& chance, std::int64_t each, Publish publish)
        : publish_{std::move(publish)},
          each_{each},
          count_{2 + chance.number(most_publishers - 1)},
          running_{count_} {
        for (std::size_t i = 0; i < count_; ++i) {
            threads_.emplace_back([this, i, own = chance.fork()]() mutable {
                run(i, own);
                const std::lock_guard lock{mutex_};
                --running_;
                ended_.notify_all();
            });
        }
    }

    /// Publishes to random sequences.
    Publishers(bus::Bus& bus, Chance& chance, std::int64_t each)
        : Publishers{chance, each, [&bus](std::size_t publisher, std::int64_t number, Chance& own) {
                         publish(bus, publisher * sequences_each + own.number(sequences_each),
                                 number);
                     }} {}

    /// Waits until all have ended. False: they hang.
    [[nodiscard]] bool join() {
        std::unique_lock lock{mutex_};
        return ended_.wait_for(lock, patience, [this] { return running_ == 0; });
    }

    [[nodiscard]] std::size_t count() const { return count_; }

    [[nodiscard]] const Count& of(std::size_t publisher) const { return counts_.at(publisher); }

    /// The sum of one of the counts over all publishers.
    [[nodiscard]] std::uint64_t sum(std::atomic<std::int64_t> Count::*count) const {
        std::int64_t result = 0;
        for (const Count& one : counts_) {
            result += one.*count;
        }
        return static_cast<std::uint64_t>(result);
    }

    /// The number of events to publish.
    [[nodiscard]] std::uint64_t all() const { return count_ * static_cast<std::uint64_t>(each_); }

    [[nodiscard]] bool none_after_a_refusal() const { return wrong_ == 0; }

private:
    void run(std::size_t index, Chance& chance) {
        Count& mine = counts_.at(index);
        for (std::int64_t number = 1; number <= each_; ++number) {
            mine.begun = number;
            try {
                publish_(index, number, chance);
                mine.accepted = number;
                wrong_ += mine.refused == 0 ? 0 : 1;
            } catch (const std::logic_error&) {
                ++mine.refused;
            }
            chance.yield();
        }
    }

    const Publish publish_;
    const std::int64_t each_;
    const std::size_t count_;
    std::array<Count, most_publishers> counts_;
    std::atomic<int> wrong_{0};
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t running_;
    std::vector<std::jthread> threads_;
};

/// Lets the other threads run for a random time.
void let_run(Chance& chance) {
    for (std::uint64_t i = chance.number(100); i > 0; --i) {
        std::this_thread::yield();
    }
}

/// The removal of an agent, and the counts of the publishers before and after it.
class Removal {
public:
    /// To be called once, in any thread.
    void remove(bus::Bus& bus, Watched& agent, const Publishers& publishers) {
        for (std::size_t i = 0; i < before.size(); ++i) {
            before.at(i) = publishers.of(i).accepted;
        }
        status = bus.remove("leaving");
        agent.has_left();
        after = publishers.sum(&Publishers::Count::begun);
        done_.set_value();
    }

    /// False: it hangs.
    [[nodiscard]] bool wait() {
        return done_.get_future().wait_for(patience) == std::future_status::ready;
    }

    std::array<std::int64_t, most_publishers> before{};
    bus::AgentStatus status;
    std::uint64_t after = 0;

private:
    std::promise<void> done_;
};

bus::BusOptions without_store(Chance& chance) {
    return {std::make_shared<bus::SystemRuntime>(static_cast<unsigned>(1 + chance.number(3))),
            nullptr};
}

std::uint64_t left(const bus::AgentStatus& status) {
    return status.queued + status.retrying + status.not_ready + status.parked;
}

/// The number of all events that an agent's mailbox ever received.
std::uint64_t accounted(const bus::AgentStatus& status) {
    return status.finished + status.dropped + status.dead + left(status);
}

/// Waits until that many events are finished or dropped and none is left, not even deferred ones,
/// for which wait_idle() does not wait. False: this never happens.
bool wait_for(bus::Bus& bus, std::uint64_t finished_or_dropped) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const bool idle = bus.wait_idle(patience);
        const bus::AgentStatus status = bus.status().front();
        if (status.finished + status.dropped >= finished_or_dropped && left(status) == 0) {
            return true;
        }
        if (!idle || std::chrono::steady_clock::now() >= end) {
            return false;
        }
        std::this_thread::yield();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(mailbox)

BOOST_AUTO_TEST_CASE(A1_one_worker_sees_each_publishers_events_in_order_with_any_overflow) {
    test::stress(60, [](Chance& chance) {
        Watched agent{chance, {.workers = 1, .overflow = {}, .emits = chance.once_in(2)}};
        bus::Bus bus{without_store(chance)};
        agent.add_to(bus, "one worker");
        Publishers publishers{bus, chance, 60};
        BOOST_TEST(publishers.join());
        BOOST_TEST(bus.wait_idle(patience));
        const bus::AgentStatus status = bus.stop(bus::Stop::now).agents.front();
        BOOST_TEST(agent.out_of_order() == "");
        BOOST_TEST(status.finished == agent.seen());
        BOOST_TEST(status.finished + status.dropped == publishers.all() + agent.emitted());
        if (agent.blocks()) {
            BOOST_TEST(status.dropped == 0U);
        }
    });
}

BOOST_AUTO_TEST_CASE(A2_steps_of_a_sequence_never_overlap_and_keep_their_order_even_if_some_fail) {
    test::stress(60, [](Chance& chance) {
        const auto workers = static_cast<std::uint32_t>(2 + chance.number(2));
        Watched agent{
            chance,
            {.workers = workers, .overflow = {}, .emits = chance.once_in(2), .fails = true}};
        bus::Bus bus{without_store(chance)};
        agent.add_to(bus, "several workers");
        Publishers publishers{bus, chance, 60};
        BOOST_TEST(publishers.join());
        BOOST_TEST(wait_for(bus, publishers.all()));
        const bus::AgentStatus status = bus.stop(bus::Stop::now).agents.front();
        BOOST_TEST(agent.out_of_order() == "");
        BOOST_TEST(status.finished == agent.seen());
        BOOST_TEST(status.finished + status.dropped == publishers.all() + agent.emitted());
    });
}

BOOST_AUTO_TEST_CASE(A3_an_agent_removed_while_events_flow_has_no_gap_and_no_step_afterwards) {
    // A thread, a step of another agent or a step of the agent itself removes it. Another agent of
    // the same name may be added later.
    enum class By : std::uint8_t { thread, other_step, own_step };

    test::stress(150, [](Chance& chance) {
        const auto by = static_cast<By>(chance.number(3));
        // Otherwise there are gaps, and the step that removes the agent might not come.
        const bool blocks = by == By::own_step || !chance.once_in(4);
        const bool leaving_emits =
            chance.once_in(2); // only one of the two may emit: echoes have one source
        Watched staying{chance,
                        {.workers = {},
                         .overflow = bus::Overflow::block,
                         .emits = !leaving_emits && chance.once_in(2)}};
        Watched leaving{chance,
                        {.workers = chance.once_in(2) ? std::optional{1U} : std::nullopt,
                         .overflow = blocks ? std::optional{bus::Overflow::block} : std::nullopt,
                         .emits = leaving_emits}};
        Watched coming{chance, {.workers = {}, .overflow = bus::Overflow::block}};
        Removal removal;
        std::array<std::vector<std::int64_t>, published_sequences> published;
        bus::Bus bus{without_store(chance)};
        std::optional<Publishers> publishers;
        std::latch made{1};
        const auto remove = [&] {
            made.wait(); // the counts of the publishers are read next
            removal.remove(bus, leaving, *publishers);
        };
        const auto moment = static_cast<std::int64_t>(1 + chance.number(40));
        if (by != By::thread) {
            (by == By::own_step ? leaving : staying).at(moment, remove);
        }
        staying.add_to(bus, "staying");
        leaving.add_to(bus, "leaving");
        publishers.emplace(chance, 60,
                           [&](std::size_t publisher, std::int64_t number, Chance& own) {
                               const std::size_t sequence =
                                   publisher * sequences_each + own.number(sequences_each);
                               published.at(sequence).push_back(number);
                               publish(bus, sequence, number);
                           });
        made.count_down();
        if (by == By::thread) {
            if (chance.once_in(4)) {
                BOOST_TEST(publishers->join()); // after this, the counts are exact
            }
            let_run(chance);
            remove();
        }
        const bool removed = removal.wait();
        BOOST_TEST(removed);
        if (!removed) {
            return; // otherwise the rest would wait for it for ever
        }
        const std::uint64_t emitted = staying.emitted() + leaving.emitted();
        const bool again = chance.once_in(2);
        std::array<std::int64_t, most_publishers> then{};
        if (again) {
            let_run(chance);
            for (std::size_t i = 0; i < then.size(); ++i) {
                then.at(i) = publishers->of(i).accepted;
            }
            coming.add_to(bus, "leaving");
        }
        BOOST_TEST(publishers->join());
        BOOST_TEST(bus.stop(bus::Stop::drain, patience).drained);

        // For the removed agent, every offered event is accounted for, ...
        const std::uint64_t under_way = by == By::own_step ? 1 : 0;
        const std::uint64_t offered = accounted(removal.status) + under_way;
        std::uint64_t least = 0;
        for (const std::int64_t accepted : removal.before) {
            least += static_cast<std::uint64_t>(accepted);
        }
        BOOST_TEST(offered >= least);
        BOOST_TEST(offered <= removal.after + emitted);
        BOOST_TEST(removal.status.finished + under_way == leaving.seen());
        BOOST_TEST(leaving.late() == 0);
        // ... and it saw no gap: in each publisher with one worker, otherwise in each sequence.
        BOOST_TEST(leaving.out_of_order() == "");
        for (std::size_t i = 0; leaving.blocks() && i < published.size(); ++i) {
            const std::vector<std::int64_t>& seen = leaving.seen_in(i);
            const std::vector<std::int64_t>& all = published.at(i);
            BOOST_TEST(
                (seen.size() <= all.size() && std::equal(seen.begin(), seen.end(), all.begin())));
        }
        for (std::size_t i = 0; leaving.blocks() && i < publishers->count(); ++i) {
            const std::vector<std::int64_t> seen = leaving.seen_of(i);
            BOOST_TEST((!leaving.has_one_worker() || seen.empty() ||
                        seen.back() == static_cast<std::int64_t>(seen.size())));
        }
        // The other agents are not affected.
        BOOST_TEST(staying.out_of_order() == "");
        BOOST_TEST(coming.out_of_order() == "");
        for (std::size_t i = 0; i < publishers->count(); ++i) {
            const std::int64_t last = publishers->of(i).accepted;
            BOOST_TEST(last == 60);
            BOOST_TEST(staying.seen_of(i).size() == static_cast<std::size_t>(last));
            const std::vector<std::int64_t> seen = coming.seen_of(i);
            if (!seen.empty()) {
                BOOST_TEST(seen.front() > then.at(i));
                BOOST_TEST(seen.back() == last);
                BOOST_TEST(static_cast<std::int64_t>(seen.size()) == last - seen.front() + 1);
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(A6_each_event_is_finished_or_dropped_or_refused_or_left_with_any_overflow) {
    test::stress(150, [](Chance& chance) {
        Watched first{chance, {.workers = {}, .overflow = {}, .emits = chance.once_in(2)}};
        Watched second{chance, {}};
        bus::Bus bus{without_store(chance)};
        first.add_to(bus, "first");
        Publishers publishers{bus, chance, 60};
        let_run(chance);
        const bool two = chance.once_in(3);
        const std::uint64_t not_for_second = publishers.sum(&Publishers::Count::accepted);
        if (two) {
            second.add_to(bus, "second");
            let_run(chance);
        }
        if (chance.once_in(2)) {
            bus.stop(chance.once_in(2) ? bus::Stop::drain : bus::Stop::now, patience);
        }
        BOOST_TEST(publishers.join());
        bus.stop(bus::Stop::now); // after this nothing changes
        const std::vector<bus::AgentStatus> all = bus.status();
        BOOST_TEST(publishers.none_after_a_refusal());
        const std::uint64_t refused = publishers.sum(&Publishers::Count::refused);
        BOOST_TEST(accounted(all.front()) + refused == publishers.all() + first.emitted());
        BOOST_TEST(all.front().finished == first.seen());
        BOOST_TEST(all.front().waited <= (first.blocks() ? publishers.all() : 0));
        BOOST_TEST(all.front().over_bound <= (first.blocks() ? first.emitted() : 0));
        BOOST_TEST(first.out_of_order() == "");
        if (two) {
            BOOST_TEST(all.back().finished == second.seen());
            BOOST_TEST(accounted(all.back()) + refused + not_for_second <=
                       publishers.all() + first.emitted());
            BOOST_TEST(second.out_of_order() == "");
        }
    });
}

BOOST_AUTO_TEST_CASE(A8_agents_that_emit_to_themselves_and_each_other_with_full_mailboxes_end) {
    // Pings and pongs count down, so their number is known in advance. All are handled, because no
    // mailbox drops any.
    test::stress(60, [](Chance& chance) {
        constexpr std::int64_t height = 12;
        std::atomic<std::uint64_t> steps{0};
        bus::Bus bus{without_store(chance)};
        // One agent answers pings with pongs, the other one pongs with pings. The first one answers
        // some pings with pings to itself, so that each chain has both kinds of answers.
        auto pinging = scripted("pinging");
        pinging->settings().mailbox_capacity = 1 + chance.number(2);
        pinging->settings().workers = 1 + static_cast<std::uint32_t>(chance.number(3));
        pinging->handles<PingEvent, PingEvent, PongEvent>(
            [&](const PingEvent& event, bus::Context& context) {
                ++steps;
                std::this_thread::yield();
                if (event.number > 0) {
                    event.number % 3 == 0 ? context.publish(ping(event.name, event.number - 1))
                                          : context.publish(pong(event.name, event.number - 1));
                }
            });
        auto ponging = scripted("ponging");
        ponging->settings().mailbox_capacity = 1 + chance.number(2);
        ponging->settings().workers = 1 + static_cast<std::uint32_t>(chance.number(3));
        ponging->handles<PongEvent, PingEvent>([&](const PongEvent& event, bus::Context& context) {
            ++steps;
            if (event.number > 0) {
                context.publish(ping(event.name, event.number - 1));
            }
        });
        bus.add(std::move(pinging));
        bus.add(std::move(ponging));
        Publishers publishers{chance, 10, [&](std::size_t publisher, std::int64_t, Chance&) {
                                  bus.publish(ping(sequence_name(publisher), height));
                              }};
        BOOST_TEST(publishers.join());
        BOOST_TEST(bus.stop(bus::Stop::drain, patience).drained);
        BOOST_TEST(steps == publishers.all() * (height + 1));
    });
}

BOOST_AUTO_TEST_CASE(
    A11_drain_leaves_nothing_and_stop_now_says_what_is_left_whoever_asks_and_when) {
    test::stress(200, [](Chance& chance) {
        const bus::Stop how = chance.once_in(2) ? bus::Stop::drain : bus::Stop::now;
        const bool by_a_step = chance.once_in(3);
        bus::Bus bus{without_store(chance)};
        Watched agent{chance, {.workers = {}, .overflow = {}, .emits = chance.once_in(2)}};
        if (by_a_step) {
            agent.at(static_cast<std::int64_t>(1 + chance.number(20)), [&] { bus.stop(how); });
        }
        agent.add_to(bus, "stopped");
        Publishers publishers{bus, chance, 40};
        let_run(chance);
        const bool alone = chance.once_in(3);
        if (alone) {
            BOOST_TEST(publishers.join());
        }
        std::array<std::int64_t, most_publishers> before{};
        for (std::size_t i = 0; i < before.size(); ++i) {
            before.at(i) = publishers.of(i).accepted;
        }
        const bus::StopReport report = bus.stop(how, patience);
        const bus::AgentStatus& status = report.agents.front();
        BOOST_TEST(publishers.join());
        const bus::StopReport again = bus.stop(bus::Stop::now);
        BOOST_TEST(again.queued == report.queued);
        BOOST_TEST(again.agents.front().finished == status.finished);
        BOOST_TEST(report.queued == status.queued);
        BOOST_TEST(status.finished == agent.seen());
        BOOST_TEST(accounted(again.agents.front()) + publishers.sum(&Publishers::Count::refused) ==
                   publishers.all() + agent.emitted());
        BOOST_TEST(agent.out_of_order() == "");
        if (how == bus::Stop::drain) {
            BOOST_TEST(report.drained);
            // Each publisher may have been in the middle of one publish.
            BOOST_TEST(left(status) <= (alone ? 0 : publishers.count()));
            for (std::size_t i = 0; agent.blocks() && i < before.size(); ++i) {
                const std::vector<std::int64_t> seen = agent.seen_of(i);
                BOOST_TEST(seen.size() >= static_cast<std::size_t>(before.at(i)));
                BOOST_TEST((seen.empty() || seen.back() == static_cast<std::int64_t>(seen.size())));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(A12_an_agent_added_while_events_flow_gets_each_event_that_begins_after_it) {
    test::stress(100, [](Chance& chance) {
        Watched first{chance, {.workers = {}, .overflow = bus::Overflow::block, .emits = true}};
        Watched second{chance, {.workers = {}, .overflow = bus::Overflow::block}};
        bus::Bus bus{without_store(chance)};
        first.add_to(bus, "first");
        Publishers publishers{bus, chance, 60};
        let_run(chance);
        std::array<std::int64_t, most_publishers> before{};
        for (std::size_t i = 0; i < before.size(); ++i) {
            before.at(i) = publishers.of(i).accepted;
        }
        second.add_to(bus, "second");
        std::array<std::int64_t, most_publishers> then{};
        for (std::size_t i = 0; i < then.size(); ++i) {
            then.at(i) = publishers.of(i).begun;
        }
        BOOST_TEST(publishers.join());
        BOOST_TEST(bus.stop(bus::Stop::drain, patience).drained);
        BOOST_TEST(first.out_of_order() == "");
        BOOST_TEST(second.out_of_order() == "");
        for (std::size_t i = 0; i < publishers.count(); ++i) {
            const std::int64_t last = publishers.of(i).accepted;
            BOOST_TEST(first.seen_of(i).size() == static_cast<std::size_t>(last));
            const std::vector<std::int64_t> seen = second.seen_of(i);
            if (seen.empty()) {
                BOOST_TEST(then.at(i) == last); // the last event was being published, or had been
                continue;
            }
            BOOST_TEST(seen.front() > before.at(i));
            BOOST_TEST(seen.front() <= then.at(i) + 1);
            BOOST_TEST(seen.back() == last);
            BOOST_TEST(static_cast<std::int64_t>(seen.size()) == last - seen.front() + 1);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
