#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <cli/shared.hpp>

#include <memory>
#include <string>
#include <vector>

namespace bus::cli {

/// Who asks for something, why, and how long to wait for a running host to do it.
struct OperatorOptions {
    std::string who; ///< the user's login, unless said
    std::string why;
    double wait = 10; ///< seconds
    bool dry_run = false;

    void add_options(CLI::App& command);
};

/// A request, and the deliveries that it means now.
struct Order {
    RequestRecord request;
    std::vector<Position> letters;
};

/// Has requests carried out, of which each is about one agent: by the host that runs the store,
/// through its table of requests, else here. Prints what came of them. Returns an exit code: queued
/// where the host was not done within the wait. Throws StoreError.
int carry_out(Shared& shared, const OperatorOptions& options, std::vector<Order> orders);

/// Opens the store for a command that must be its only writer. Throws StoreError, which says what
/// to do where a host runs it. `instead`: what that host could do by itself.
std::unique_ptr<EventStore> open_alone(Shared& shared, const std::string& what,
                                       const std::string& instead);

} // namespace bus::cli
