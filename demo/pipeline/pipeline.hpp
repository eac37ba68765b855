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

/// What a run has seen so far; read while it goes on.
struct PipelineCounts {
    std::atomic<std::int64_t> taken{0};    ///< orders that this run brought into the store
    std::atomic<std::int64_t> known{0};    ///< orders of the feeds that the store had before
    std::atomic<std::int64_t> repeated{0}; ///< lines that repeat an earlier one of the feeds
    std::atomic<std::int64_t> synced{0};
    std::atomic<std::int64_t> failed{0};
    std::atomic<std::int64_t> notified{0};
    std::atomic<std::int64_t> not_notified{0};
    std::atomic<std::int64_t> redriven{0};
    std::atomic<std::int64_t> abandoned{0}; ///< dead letters that are left for a person
};

/// The whole of it: bus, store, books, marketplace, and the agents between them.
class Pipeline {
public:
    /// Opens everything and starts the agents, which go on where an earlier run ended. `settings`:
    /// of the bus, the store at least.
    Pipeline(const RunOptions& options, Marketplace& marketplace, bus::BusOptions settings);

    /// Brings the next line of the feeds in. False: they are at their end. Throws InputError,
    /// bus::StoreError.
    bool feed_next();
    /// No more lines: waits for what was handed to the store. Throws bus::StoreError.
    void end_feed();
    /// Lets go of who waits for lines that will not come; after it only stop() makes sense.
    void abandon_feed();

    /// True where every order is settled or waits for something that takes longer than a run.
    [[nodiscard]] bool settled();
    /// Why nothing can be committed just now; empty where it can.
    [[nodiscard]] std::string trouble();
    /// Waits a moment, for one who looks on.
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

    /// A step that was put off.
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
    bus::Bus bus_; ///< behind all that its agents use
    std::deque<Posted> posted_;
    std::multimap<std::string, Waiting, std::less<>> waiting_; ///< since earlier runs, by stream
    std::set<std::string, std::less<>> failed_;                ///< orders, by this run
    std::vector<bus::Subscription> subscriptions_;
};

/// Where the books lie for a store unless said: `orders.db` has `orders.books.db`; in memory for a
/// store in memory.
std::string default_books(const std::string& store_url);

/// The same for the notifications: `orders.notifications.ndjson`, or `/dev/null`.
std::string default_notifications(const std::string& store_url);

} // namespace demo
