#pragma once

#include "demo/marketplace/marketplace.hpp"
#include "demo/pipeline/pipeline.hpp"
#include "test/simulation/world.hpp"
#include <bus/observers.hpp>
#include <bus/runtime/simulated_runtime.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace simulation {

/// How a life ended.
enum class Ended : std::uint8_t {
    done,    ///< all orders are settled
    crashed, ///< it lost its disk in the middle of its work
    stopped, ///< an operator stopped it
    failed,  ///< it gave up, as the program does if its store cannot be used
};

/// The host does not behave as it should. This is not an error of the simulation, but what it looks
/// for.
class Misbehaved : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One process of the order pipeline, with all its parts in one thread. The disk delays its
/// operations and makes them fail. If the power fails, the objects are destroyed and nothing more
/// is written.
class Host {
public:
    Host(World& world, const Life& life);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host();

    /// From start to end. Throws Misbehaved.
    Ended run();

private:
    void set_disk_up();
    void open();
    void watch();
    void feed_later();
    void feed_next();
    void on_sync(const std::string& path);
    void let_others_run();
    std::optional<Ended> look();
    bool needs_operator();
    bool ask_for_what_waits();
    void ask_for(const bus::RequestRecord& request);
    void run_errands();
    void keep_archive();
    void begin_window(const FaultWindow& window);
    void end_window();
    void set_clock(bus::Duration by);
    void fail_next_change();
    void stop();
    void take_down();
    void note(const std::string& text);

    World& world_;
    const Life& life_;
    Dice dice_;
    std::shared_ptr<bus::SimulatedRuntime> runtime_;
    bus::SteadyTime began_;
    std::optional<demo::Marketplace> marketplace_;
    std::shared_ptr<bus::EventStore> store_;
    std::optional<demo::Pipeline> pipeline_;
    std::optional<bus::Observers> observers_;
    std::optional<bus::SteadyTime> troubled_since_;
    std::size_t next_failing_ = 0;
    std::size_t next_ask_ = 0;
    bus::SteadyTime next_keep_;
    int operator_rounds_ = 0;
    bool at_work_ = false; ///< other tasks may run while the disk is busy
    bool fed_ = false;     ///< the feed was read to its end
    bool feed_ended_ = false;
    std::string error_;
};

} // namespace simulation
