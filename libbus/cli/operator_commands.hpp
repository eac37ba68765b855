#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <cli/shared.hpp>

#include <cstdint>
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
    /// Says in a request who asks and why. Throws UsageError for what cannot be kept.
    void sign(RequestRecord& request) const;
};

/// Throws UsageError, which names the option, for text that is not UTF-8 and so cannot be kept.
void check_utf8(const char* option, const std::string& text);

/// A request, and the deliveries that it means now.
struct Order {
    RequestRecord request;
    std::vector<Position> letters;
};

/// What a dry run prints for programs: nothing was asked for, so it has no number and no time.
boost::json::object json_of_dry_run(const RequestRecord& request, const OperatorOptions& options,
                                    std::uint64_t would_change);

/// Has requests carried out, of which each is about one agent or the log: by the host that runs the
/// store, through its table of requests, else here. Prints what came of them. Returns an exit code:
/// queued where the host was not done within the wait, store where it refuses. Throws StoreError,
/// PruneRefused.
int carry_out(Shared& shared, const OperatorOptions& options, std::vector<Order> orders);

} // namespace bus::cli
