#pragma once

#include <bus/store/event_store.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace bus {

/// How to open a store that is named by a URL.
struct StoreUrlOptions {
    /// Opens a file for reading only.
    bool read_only = false;
    std::string program{}; ///< SqliteOptions::program
};

/// Opens the store that a command line names: `memory` is a new store in memory, `sqlite:PATH` is a
/// file. Throws StoreError, which names both forms, if the text is neither of them.
std::shared_ptr<EventStore> open_store(std::string_view url, const StoreUrlOptions& options = {});

} // namespace bus
