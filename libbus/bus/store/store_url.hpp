#pragma once

#include <bus/store/event_store.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace bus {

/// How to open what a store URL names.
struct StoreUrlOptions {
    bool read_only = false;
    std::string program{}; ///< SqliteOptions::program
};

/// Opens the store that a command line names: `memory`, a new one in memory, or `sqlite:PATH`, a
/// file. Throws StoreError, where the text is neither with both forms named.
std::shared_ptr<EventStore> open_store(std::string_view url, const StoreUrlOptions& options = {});

} // namespace bus
