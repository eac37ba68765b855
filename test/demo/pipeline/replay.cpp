// A new agent replays a long log while the pipeline syncs orders on the same store. What must hold:
// both finish, the orders have the same outcomes as without the replay, the agent handles each
// event once, and the write-ahead log stays below the limit in docs/reference/stores.md.
#include "demo/events/order_events.hpp"
#include "demo/pipeline/bundle_event.hpp"
#include "demo/pipeline/pipeline.hpp"
#include "demo/pipeline/report.hpp"
#include <bus/event/codec.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/verify.hpp>

#include "feeds.hpp"
#include "program.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// The limit that docs/reference/stores.md promises.
constexpr std::uintmax_t most_wal_bytes = 64U << 20U;
constexpr double books_fault_rate = 0.2;
constexpr std::uint64_t books_seed = 11;

/// The length of the log, from LIBBUS_REPLAY_EVENTS; a million events take half a minute.
bus::Position events_in_log() {
    const char* said = std::getenv("LIBBUS_REPLAY_EVENTS"); // NOLINT(concurrency-mt-unsafe)
    return said != nullptr ? static_cast<bus::Position>(std::max(7'000LL, std::atoll(said)))
                           : 50'000;
}

std::uint64_t orders_to_sync(bus::Position events) {
    return std::max<std::uint64_t>(400, events / 250);
}

/// The events in the log of an order that went through.
class PastOrder {
public:
    explicit PastOrder(std::uint64_t number) : id_{"past-" + std::to_string(number)} {
        add(demo::BundleReceivedEvent{{}, id_, "past.ndjson", number});
        add(demo::OrderCreatedEvent{{}, id_, "Amazon.de", "", "2025-03-01T10:00:00Z"});
        const auto amount = demo::Decimal::parse(std::to_string(number % 1000) + ".90");
        add(demo::FinancialsExtractedEvent{{}, id_, amount, "EUR", amount, 3});
        add(demo::OrderValidatedEvent{{}, id_, true, ""});
        add(demo::OrderSavedEvent{{}, id_, static_cast<std::int64_t>(number)});
        add(demo::InvoiceCreatedEvent{{}, id_, static_cast<std::int64_t>(number), 1, 3});
        add(demo::OrderSyncedEvent{{}, id_, static_cast<std::int64_t>(number), amount, amount});
    }

    /// All of it in one part.
    bus::Part part;

private:
    template <class E>
    void add(E event) {
        event.execution_id = id_;
        event.causation_id = cause_;
        cause_ = event.event_id;
        part.events.push_back({.record = bus::encode(event), .expected_version = {}, .event = {}});
    }

    std::string id_;
    bus::Uuid cause_{};
};

/// Sees every event, and meanwhile checks the size of the write-ahead log. The bus calls it from
/// one thread at a time; other threads read only the atomic members.
class History final : public bus::Agent {
public:
    History(fs::path wal, bus::EventStore& store)
        : Agent{"history"}, wal_{std::move(wal)}, store_{store} {
        settings().start = bus::StartPosition::replay();
        on<bus::DomainEvent>(&History::see);
    }

    /// How often each position was handled, from position 1 on.
    [[nodiscard]] const std::vector<std::uint8_t>& seen() const { return seen_; }

    [[nodiscard]] std::uintmax_t most_wal() const { return most_wal_; }

    [[nodiscard]] Clock::time_point last_replayed() const { return last_replayed_; }

    /// How many events others have committed while it replayed.
    [[nodiscard]] std::uint64_t written_beside() const { return log_at_last_ - log_at_first_; }

    std::atomic<std::uint64_t> replayed{0};

private:
    void see(const bus::DomainEvent& /*event*/, bus::Context& context) {
        constexpr bus::Position look_every = 64;
        const bus::Position position = context.position();
        seen_.resize(std::max<std::size_t>(seen_.size(), position));
        ++seen_[position - 1];
        if (position % look_every == 0) {
            context.set_state("so far", position);
            std::error_code gone;
            const std::uintmax_t size = fs::file_size(wal_, gone);
            most_wal_ = std::max(most_wal_, gone ? 0 : size);
        }
        if (context.replaying()) {
            if (position % look_every == 0) {
                log_at_last_ = store_.last_position();
                log_at_first_ = log_at_first_ == 0 ? log_at_last_ : log_at_first_;
            }
            last_replayed_ = Clock::now();
            ++replayed;
        }
    }

    fs::path wal_;
    bus::EventStore& store_;
    std::vector<std::uint8_t> seen_;
    std::uintmax_t most_wal_ = 0;
    Clock::time_point last_replayed_{};
    bus::Position log_at_first_ = 0;
    bus::Position log_at_last_ = 0;
};

/// A feed, and a store with old events that the pipeline's agents have already handled.
struct LongLog {
    LongLog() : events{events_in_log()} {
        feed = folder.file("feed.ndjson", test::generated_feed(orders_to_sync(events), 7));
        demo::Marketplace no_orders{{folder.file("none.ndjson", "")}};
        const std::shared_ptr<bus::EventStore> store =
            bus::SqliteStore::open({.path = folder / "past.db"});
        {
            demo::Pipeline pipeline{options("past"), no_orders, {.store = store}};
            pipeline.end_feed();
            pipeline.stop(bus::Stop::drain);
        }
        fill(*store);
    }

    [[nodiscard]] demo::RunOptions options(const std::string& name) const {
        demo::RunOptions options;
        options.feeds = {feed};
        options.store = "sqlite:" + (folder / (name + ".db")).string();
        options.fault_rate = books_fault_rate;
        options.seed = books_seed;
        return options;
    }

    test::TemporaryFolder folder;
    bus::Position events;
    std::string feed;

private:
    void fill(bus::EventStore& store) const {
        constexpr std::size_t orders_a_commit = 200;
        std::vector<bus::Part> parts;
        for (std::uint64_t number = 1; store.last_position() < events; ++number) {
            parts.push_back(PastOrder{number}.part);
            if (parts.size() == orders_a_commit) {
                commit(store, parts);
            }
        }
        for (const bus::AgentRecord& agent : store.agents()) {
            bus::Part part;
            part.agent = agent.name;
            part.settled = {{1, store.last_position()}};
            parts.push_back(std::move(part));
        }
        commit(store, parts);
    }

    static void commit(bus::EventStore& store, std::vector<bus::Part>& parts) {
        for (const bus::PartResult& result : store.commit(parts, false)) {
            BOOST_REQUIRE(!result.error);
        }
        parts.clear();
    }
};

/// A run of the pipeline on a copy of that store.
class SyncRun {
public:
    SyncRun(const LongLog& log, const std::string& name)
        : options_{log.options(name)},
          store_path_{log.folder / (name + ".db")},
          report_path_{log.folder / (name + ".csv")},
          marketplace_{options_.feeds} {
        fs::copy_file(log.folder / "past.db", store_path_);
        store = bus::SqliteStore::open({.path = store_path_});
        pipeline.emplace(options_, marketplace_, bus::BusOptions{.store = store});
    }

    /// Hands over the next lines of the feed; false: that was all of it.
    bool feed(std::size_t lines) {
        bool more = true;
        while (more && lines-- != 0) {
            more = pipeline->feed_next();
        }
        return more;
    }

    /// Ends the feed, and returns the report once every order is settled.
    std::string finish() {
        pipeline->end_feed();
        while (!pipeline->settled()) {
            pipeline->pause();
        }
        settled = Clock::now();
        BOOST_TEST(pipeline->stop(bus::Stop::drain).drained);
        BOOST_TEST(pipeline->books().audit().empty());
        demo::ReportFile report{report_path_};
        demo::for_each_outcome(*store,
                               [&](const demo::OrderOutcome& outcome) { report.add(outcome); });
        report.close();
        return test::read_file(report_path_);
    }

    [[nodiscard]] fs::path path() const { return store_path_; }

    [[nodiscard]] fs::path wal() const { return store_path_.string() + "-wal"; }

    std::shared_ptr<bus::EventStore> store;
    std::optional<demo::Pipeline> pipeline;
    Clock::time_point settled{};

private:
    demo::RunOptions options_;
    fs::path store_path_;
    fs::path report_path_;
    demo::Marketplace marketplace_;
};

double seconds(Clock::duration duration) {
    return std::chrono::duration<double>{duration}.count();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(replay, LongLog)

BOOST_AUTO_TEST_CASE(a_long_log_is_replayed_while_the_pipeline_syncs_and_nothing_else_changes) {
    SyncRun calm{*this, "calm"};
    const auto calm_began = Clock::now();
    calm.feed(SIZE_MAX);
    const std::string expected = calm.finish();

    SyncRun busy{*this, "busy"};
    const auto began = Clock::now();
    busy.feed(orders_to_sync(events) / 4); // it is well at work when the replay begins
    auto& history = busy.pipeline->bus().emplace<History>(busy.wal(), *busy.store);
    const auto replay_began = Clock::now();
    const bus::Position through = busy.store->agent("history")->replay.through;
    busy.feed(SIZE_MAX);
    const std::string report = busy.finish();

    BOOST_TEST_MESSAGE(history.replayed
                       << " events replayed in " << seconds(history.last_replayed() - replay_began)
                       << " s, while " << history.written_beside() << " of "
                       << busy.store->last_position() - through
                       << " events of the pipeline were committed, which synced "
                       << busy.pipeline->counts().synced << " orders; all in "
                       << seconds(busy.settled - began) << " s, without the replay "
                       << seconds(calm.settled - calm_began) << " s; the WAL had at most "
                       << history.most_wal() << " bytes");
    BOOST_TEST(through >= events);
    BOOST_TEST(history.replayed == through);
    BOOST_TEST(history.seen().size() == busy.store->last_position());
    BOOST_TEST(std::count(history.seen().begin(), history.seen().end(), 1) ==
               static_cast<std::ptrdiff_t>(history.seen().size()));
    BOOST_TEST(busy.store->agent("history")->checkpoint == busy.store->last_position());
    // Both worked at the same time, not one after the other. With one processor or two, half of the
    // pipeline's further commits happen during the replay.
    const bus::Position committed = busy.store->last_position() - through;
    BOOST_TEST(10 * history.written_beside() >= committed);
    BOOST_TEST(history.most_wal() > 0U);
    BOOST_TEST(history.most_wal() <= most_wal_bytes);
    BOOST_TEST((report == expected));
    BOOST_TEST(bus::verify({.path = busy.path()}).findings.empty());
}

BOOST_AUTO_TEST_SUITE_END()
