#pragma once

#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/records.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace bus::sqlite {

/// The table of requests, as it is written. It names agents in full: whoever asks from another
/// process must not add to the names, which the writer knows by heart.
class RequestTable {
public:
    explicit RequestTable(Connection& connection);

    /// Returns the request's number.
    std::uint64_t insert(const RequestRecord& request);
    /// One that was answered before, or is not there, is left alone.
    void answer(const RequestAnswer& answer);

private:
    Connection& connection_;
    Statement insert_;
    Statement answer_;
};

/// EventStore::ask over a connection of its own. Waits at most `patience` for others who write.
std::uint64_t ask(const std::filesystem::path& store, const RequestRecord& request,
                  std::chrono::milliseconds patience);

} // namespace bus::sqlite
