#pragma once

#include <bus/store/event_store.hpp>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <cli/shared.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace bus::cli {

/// Who makes a request and why, and how long to wait for a running host to carry it out.
struct OperatorOptions {
    std::string who; ///< by default the user's login
    std::string why;
    double wait = 10; ///< in seconds
    bool dry_run = false;

    void add_options(CLI::App& command);
    /// Writes `who` and `why` into a request. Throws UsageError if they are not UTF-8.
    void sign(RequestRecord& request) const;
};

/// Throws UsageError, which names the option, if `text` is not UTF-8 and so cannot be stored.
void check_utf8(const char* option, const std::string& text);

/// A request, and the deliveries that it selects now.
struct Order {
    RequestRecord request;
    std::vector<Position> letters;
};

/// What a dry run prints for programs. No request was made, so it has no number and no time.
boost::json::object json_of_dry_run(const RequestRecord& request, const OperatorOptions& options,
                                    std::uint64_t would_change);

/// Has requests carried out and prints their results. Each request concerns one agent, or the log.
/// If a host runs the store, the requests go to that host through the store's table of requests;
/// otherwise this process carries them out. Returns an exit code: `queued` if the host was not done
/// within the wait, `store` if it refused. Throws StoreError, PruneRefused.
int carry_out(Shared& shared, const OperatorOptions& options, std::vector<Order> orders);

} // namespace bus::cli
