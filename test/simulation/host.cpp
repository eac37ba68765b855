#include "test/simulation/host.hpp"

#include "demo/books/errors.hpp"
#include "demo/pipeline/report.hpp"
#include "test/simulation/parcels.hpp"
#include <bus/event/timestamp.hpp>
#include <bus/store/sqlite_store.hpp>

#include <fmt/core.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <utility>

namespace simulation {

using namespace std::chrono_literals;

namespace {

/// How long commits may fail before the host gives up, as in order_pipeline.
constexpr bus::Duration patience_with_store = 5s;
constexpr bus::Duration moment = 25ms;
/// The longest life that makes sense. Faults, retries and redrives are over long before.
constexpr bus::Duration longest_life = 1h;

std::string name_of(test::DiskFault fault) {
    switch (fault) {
    case test::DiskFault::full: return "is full";
    case test::DiskFault::no_writes: return "fails writes";
    case test::DiskFault::no_reads: return "fails reads";
    case test::DiskFault::read_only: return "is read-only";
    case test::DiskFault::none: break;
    }
    return "is well";
}

} // namespace

void Trace::add(bus::Timestamp time, const std::string& text) {
    const std::string line = bus::to_text(time) + "  " + text + '\n';
    text_ += line;
    if (live_) {
        fmt::print("{}", line);
        std::fflush(stdout);
    }
}

Host::Host(World& world, const Life& life)
    : world_{world},
      life_{life},
      dice_{life.seed},
      runtime_{std::make_shared<bus::SimulatedRuntime>(life.seed, world.now)},
      began_{runtime_->steady_now()},
      next_keep_{began_} {}

Host::~Host() {
    take_down();
}

Ended Host::run() {
    set_disk_up();
    note("the host starts");
    std::optional<Ended> ended;
    try {
        open();
        watch();
        at_work_ = true;
        feed_later();
        while (!ended) {
            ended = look();
        }
        if (ended == Ended::done) {
            pipeline_->stop(bus::Stop::drain);
        }
    } catch (const bus::StoreError& error) {
        error_ = error.what();
    } catch (const demo::BooksError& error) {
        error_ = error.what();
    }
    if (world_.disk.is_off()) {
        ended = Ended::crashed;
    } else if (!error_.empty()) {
        ended = Ended::failed;
        note("the host gives up: " + error_);
    } else {
        note(ended == Ended::done ? "all orders are settled" : "stopped");
    }
    take_down();
    // Closing the store writes, too.
    if (world_.disk.is_off()) {
        ended = Ended::crashed;
        note("CRASH in the " + world_.disk.cut_where() + ", change " +
             std::to_string(life_.crash_at.value_or(0)));
    }
    return *ended;
}

void Host::set_disk_up() {
    world_.disk.simulate(
        {.seed = dice_.number(),
         .on_sync = [this](const std::string& path) { on_sync(path); },
         .sleeps = [this](std::chrono::microseconds time) { runtime_->pass(time); }});
    if (life_.crash_at) {
        world_.disk.cut_at_change(*life_.crash_at);
    }
    fail_next_change();
    for (const FaultWindow& window : life_.windows) {
        if (window.from < 0us) {
            begin_window(window);
        } else {
            runtime_->schedule(window.from, [this, window] { begin_window(window); });
        }
    }
    for (const ClockStep& step : life_.clock_steps) {
        runtime_->schedule(step.at, [this, by = step.by] { set_clock(by); });
    }
}

void Host::open() {
    const demo::RunOptions options{.feeds = {world_.feed.string()},
                                   .store = "sqlite:" + world_.store().string(),
                                   .books = world_.books().string(),
                                   .notifications = "/dev/null",
                                   .report = {},
                                   .fault_rate = world_.plan.books_fault_rate,
                                   .seed = world_.plan.seed,
                                   .progress = false};
    marketplace_.emplace(options.feeds);
    store_ = bus::SqliteStore::open({.path = world_.store(), .program = "simulation"});
    pipeline_.emplace(
        options, *marketplace_,
        bus::BusOptions{.runtime = runtime_,
                        .store = store_,
                        .retention = world_.plan.retention,
                        .retention_every = world_.plan.retention_every,
                        .unheard = [this](std::string_view line) { note(std::string{line}); }});
    pipeline_->bus().add(packer(life_.newer_program));
}

/// Remembers what the bus reports as committed, and notes what goes wrong.
void Host::watch() {
    observers_.emplace(pipeline_->bus());
    observers_->published.connect([this](const bus::DomainEvent& event) {
        if (event.type().durability() == bus::Durability::committed) {
            world_.promises.push_back({event.event_id, std::string{event.event_type()} + " of " +
                                                           std::string{event.aggregate_id()}});
        }
    });
    observers_->failed.connect(
        [this](const bus::DomainEvent& event, std::string_view agent, const bus::Failure& failure) {
            note(std::string{agent} + " failed at " + std::string{event.event_type()} + " of " +
                 std::string{event.aggregate_id()} + ": " + failure.what());
        });
    observers_->not_ready.connect(
        [this](const bus::DomainEvent& event, std::string_view agent, const bus::Failure& failure) {
            note(std::string{agent} + " is not ready for " + std::string{event.event_type()} +
                 " of " + std::string{event.aggregate_id()} + ": " + failure.what());
        });
    observers_->dead_lettered.connect(
        [this](const bus::DomainEvent& event, std::string_view agent, const bus::Failure&) {
            note(std::string{agent} + " gave up on " + std::string{event.event_type()} + " of " +
                 std::string{event.aggregate_id()});
        });
    observers_->trouble.connect(
        [this](std::string_view what) { note("trouble: " + std::string{what}); });
}

void Host::feed_later() {
    const auto gap = static_cast<std::uint64_t>(life_.feed_gap.count());
    runtime_->schedule(bus::Duration{static_cast<std::int64_t>(dice_.below(gap + 1))},
                       [this] { feed_next(); });
}

void Host::feed_next() {
    if (fed_) {
        return;
    }
    if (world_.disk.is_off()) {
        pipeline_->abandon_feed(); // a task that waits for a line must not wait for ever
        return;
    }
    if (pipeline_->feed_next()) {
        feed_later();
    } else {
        fed_ = true;
    }
}

/// Simulates the time of a sync: the writer's thread waits for it, and other tasks run meanwhile.
void Host::on_sync(const std::string& path) {
    const DiskPace& pace = life_.pace;
    const auto span = static_cast<std::uint64_t>((pace.most - pace.least).count());
    bus::Duration takes =
        pace.least + bus::Duration{static_cast<std::int64_t>(dice_.below(span + 1))};
    if (pace.stall_once_in != 0 && dice_.once_in(pace.stall_once_in)) {
        takes += dice_.duration(50ms, 3s);
        note("the disk stalls for " + std::to_string(takes.count() / 1000) + " ms");
    }
    runtime_->pass(takes);
    // Not while the books write: their mutex is held, and in one thread its next user would wait
    // for ever.
    if (at_work_ && path.starts_with(world_.store().string()) && pace.others_once_in != 0 &&
        dice_.once_in(pace.others_once_in)) {
        let_others_run();
    }
}

void Host::let_others_run() {
    for (std::uint64_t count = dice_.below(16); count > 0; --count) {
        if (world_.disk.is_off() || !runtime_->run_one()) {
            return;
        }
    }
}

/// Lets a moment pass, and checks the state of the host.
std::optional<Ended> Host::look() {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    const bool off = runtime_->wait(
        lock, never, [this] { return world_.disk.is_off(); }, moment);
    if (off) {
        return Ended::crashed;
    }
    fail_next_change();
    const bus::SteadyTime now = runtime_->steady_now();
    if (life_.stop_after && now - began_ >= *life_.stop_after) {
        stop();
        return Ended::stopped;
    }
    if (fed_ && !std::exchange(feed_ended_, true)) {
        pipeline_->end_feed();
    }
    run_errands();
    keep_archive();
    const std::string trouble = pipeline_->trouble();
    if (trouble.empty()) {
        troubled_since_.reset();
    } else if (now - troubled_since_.value_or(now) > patience_with_store) {
        throw bus::StoreError{trouble};
    } else if (!troubled_since_) {
        troubled_since_ = now;
    }
    if (feed_ended_ && pipeline_->settled() && !needs_operator()) {
        return Ended::done;
    }
    if (now - began_ > longest_life) {
        throw Misbehaved{"the host has not settled its orders in an hour"};
    }
    return std::nullopt;
}

void Host::begin_window(const FaultWindow& window) {
    if (world_.disk.is_off()) {
        return;
    }
    world_.disk.fault = window.fault;
    world_.commits_failed = true;
    note("the disk " + name_of(window.fault) + " for " +
         std::to_string(window.length.count() / 1000) + " ms");
    runtime_->schedule(window.length, [this] { end_window(); });
}

void Host::set_clock(bus::Duration by) {
    note("the wall clock is set by " + std::to_string(by.count() / 1000) + " ms");
    runtime_->step_wall_clock(by);
}

void Host::end_window() {
    world_.disk.fault = test::DiskFault::none;
    note("the disk is well again");
}

/// Sets up the next change that fails, after the one before it has failed.
void Host::fail_next_change() {
    if (world_.disk.failing_soon() || next_failing_ >= life_.failing_changes.size()) {
        return;
    }
    world_.disk.fail_at_change(life_.failing_changes[next_failing_++]);
    world_.commits_failed = true;
}

void Host::stop() {
    note(life_.stop == bus::Stop::now ? "an operator stops the host now"
                                      : "an operator has the host drain and stop");
    fed_ = true;
    pipeline_->end_feed();
    pipeline_->stop(life_.stop);
}

/// The end of the process. If the power is off, nothing more is written, no matter what the objects
/// try in their destructors.
void Host::take_down() {
    if (!runtime_) {
        return;
    }
    at_work_ = false;
    fed_ = true;
    if (pipeline_) {
        pipeline_->abandon_feed();
    }
    observers_.reset();
    pipeline_.reset();
    store_.reset();
    marketplace_.reset();
    world_.disk.fault = test::DiskFault::none;
    world_.disk.simulate({});
    world_.now = runtime_->now();
    runtime_.reset();
}

void Host::note(const std::string& text) {
    std::string told = text;
    const std::string folder = world_.folder.string();
    for (auto at = told.find(folder); at != std::string::npos; at = told.find(folder, at)) {
        told.replace(at, folder.size(), "~");
    }
    world_.trace.add(runtime_ ? runtime_->now() : world_.now, told);
}

} // namespace simulation
