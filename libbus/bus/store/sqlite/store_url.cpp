#include <bus/store/memory_store.hpp>
#include <bus/store/sqlite_store.hpp>
#include <bus/store/store_url.hpp>

namespace bus {

std::shared_ptr<EventStore> open_store(std::string_view url, const StoreUrlOptions& options) {
    constexpr std::string_view sqlite = "sqlite:";
    if (url == "memory") {
        return std::make_unique<MemoryStore>();
    }
    if (url.starts_with(sqlite) && url.size() > sqlite.size()) {
        return SqliteStore::open({.path = std::filesystem::path{url.substr(sqlite.size())},
                                  .read_only = options.read_only,
                                  .program = options.program});
    }
    throw StoreError{"'" + std::string{url} +
                     "' names no store: write `memory`, or `sqlite:PATH` with the path of a file"};
}

} // namespace bus
