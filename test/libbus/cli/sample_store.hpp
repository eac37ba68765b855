#pragma once

#include "test/support/temp_folder.hpp"
#include <bus/bus.hpp>
#include <bus/runtime/simulated_runtime.hpp>
#include <bus/store/sqlite_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace test {

/// A store in a file after the run of a host: `greeter` answers each ping with a pong, `biller`
/// handles pongs and fails at some. It is made in virtual time, so it is always the same.
///
/// Of twelve pings to three names, 3 (name-0) and 10 (name-1) end as dead letters of the biller, 5
/// (name-2) is deferred for an hour, and later ones of their names are parked behind them. Then two
/// events of a type that no program here knows, of the stream Parcel/p-1.
class SampleStore {
public:
    SampleStore();

    [[nodiscard]] std::string path() const { return (folder_.path() / "sample.db").string(); }

    [[nodiscard]] std::string url() const { return "sqlite:" + path(); }

    /// The path of another file in the same folder.
    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_.path() / name).string();
    }

    /// Opens the store to check what a command has done.
    [[nodiscard]] std::unique_ptr<bus::SqliteStore> open() const;

    /// Runs a host on it, in this process, over the system's clock, until end_host(). Its biller
    /// fails at 5 alone. `before_greeting` is called with the number of each ping that the greeter
    /// is about to handle, in its thread.
    void run_host(std::function<void(std::int64_t)> before_greeting = {});
    void end_host();

    [[nodiscard]] bus::Bus& host() { return *host_; }

private:
    TempFolder folder_;
    std::optional<bus::Bus> host_;
};

/// A store with nothing in it at `path`.
void make_empty_store(const std::string& path);

/// An event of a type that no program here knows.
bus::EventRecord parcel(std::uint64_t number);

} // namespace test
