#pragma once

#include "demo/books/faulty_books.hpp"
#include "demo/marketplace/marketplace.hpp"
#include "demo/pipeline/orders_gateway.hpp"
#include "demo/pipeline/run_command.hpp"
#include <bus/bus.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace demo {

/// What a run has done so far. May be read by any thread during the run.
struct PipelineCounts {
    std::atomic<std::int64_t> taken{0};    ///< orders that this run added to the store
    std::atomic<std::int64_t> known{0};    ///< orders of the feeds that the store already had
    std::atomic<std::int64_t> repeated{0}; ///< lines that repeat an earlier line of the feeds
    std::atomic<std::int64_t> synced{0};
    std::atomic<std::int64_t> failed{0};
    std::atomic<std::int64_t> notified{0};
    std::atomic<std::int64_t> not_notified{0};
    std::atomic<std::int64_t> redriven{0};
    std::atomic<std::int64_t> abandoned{0}; ///< dead letters that are left for a person
};

/// The whole pipeline: bus, store, books, marketplace, and the agents between them.
class Pipeline {
public:
    /// Opens everything and starts the agents, which continue where an earlier run ended.
    /// `settings` are those of the bus; they contain at least the store.
    Pipeline(const RunOptions& options, Marketplace& marketplace, bus::BusOptions settings);

    /// Reads the next line of the feeds and publishes it. Returns false at the end of the feeds.
    /// Throws InputError, bus::StoreError.
    bool feed_next();
    /// Ends the feeds: waits until what was posted is committed. Throws bus::StoreError.
    void end_feed();
    /// Releases steps that wait for lines that will not come. After this only stop() makes sense.
    void abandon_feed();

    /// Whether every order is settled, or waits for something that takes longer than a run.
    [[nodiscard]] bool settled();
    /// Why nothing can be committed at the moment; empty if commits work.
    [[nodiscard]] std::string trouble();
    /// Waits a moment, for the loop that watches the progress.
    void pause();

    bus::StopReport stop(bus::Stop how);

    [[nodiscard]] const PipelineCounts& counts() const noexcept { return counts_; }

    [[nodiscard]] bus::Bus& bus() noexcept { return bus_; }

    [[nodiscard]] Books& books() noexcept { return books_; }

private:
    struct Posted {
        std::string order_id;
        std::string stream;
        bus::Ticket ticket;
    };

    /// A deferred delivery of a step.
    struct Waiting {
        std::string agent;
        bus::Position position;
        std::string reason;
    };

    void resolve_oldest();
    void note_waiting_orders();
    void ask_again_for(const Posted& posted);
    void count_events();
    void add_agents(const RunOptions& options);

    Marketplace& marketplace_;
    std::shared_ptr<bus::Runtime> runtime_;
    Books books_;
    FaultyBooks faulty_books_;
    OrdersGateway orders_;
    PipelineCounts counts_;
    bus::Bus bus_; ///< declared after everything that its agents use
    std::deque<Posted> posted_;
    std::multimap<std::string, Waiting, std::less<>> waiting_; ///< from earlier runs, by stream
    std::set<std::string, std::less<>> failed_;                ///< orders that failed in this run
    std::vector<bus::Subscription> subscriptions_;
};

/// The default place of the books for a store: `orders.books.db` for `orders.db`, and memory for a
/// store in memory.
std::string default_books(const std::string& store_url);

/// The default place of the notifications: `orders.notifications.ndjson` for `orders.db`, and
/// `/dev/null` for a store in memory.
std::string default_notifications(const std::string& store_url);

} // namespace demo
