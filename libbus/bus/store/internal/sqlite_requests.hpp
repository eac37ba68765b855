#pragma once

#include <bus/store/internal/sqlite_checksum.hpp>
#include <bus/store/internal/sqlite_connection.hpp>
#include <bus/store/records.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace bus::sqlite {

/// How many rows of requests there must be, and how many of them answered. It stands in the row of
/// `log`, in columns that LogTable leaves alone: other processes write them too.
struct RequestCounts {
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    /// The highest number of one that was removed because of its age; none: nothing was.
    std::optional<std::int64_t> pruned{};

    [[nodiscard]] std::int64_t checksum() const {
        return pruned ? checksum_of(requests, answers, *pruned) : checksum_of(requests, answers);
    }
};

/// The counts in the columns requests, answers, pruned_requests.
RequestCounts request_counts(const Statement::Run& run);

/// The table of requests, as it is written, and counted in the same transaction. It names agents in
/// full: whoever asks from another process must not add to the names, which the writer knows by
/// heart.
class RequestTable {
public:
    explicit RequestTable(Connection& connection);

    /// Returns the request's number.
    std::uint64_t insert(const RequestRecord& request);
    /// One that was answered before, or is not there, is left alone.
    void answer(const RequestAnswer& answer);
    /// EventStore::prune_requests.
    std::size_t prune(Timestamp before, std::size_t limit);

    /// The number of the newest request, in the open transaction of a writer; 0: there is none.
    [[nodiscard]] std::uint64_t newest();

    /// What newest() has read may change from here on.
    void end_transaction() noexcept { newest_.reset(); }

private:
    void change_counts(const std::function<void(RequestCounts&)>& change);

    Connection& connection_;
    Statement insert_;
    Statement answer_;
    Statement read_counts_;
    Statement write_counts_;
    Statement read_newest_;
    std::optional<std::uint64_t> newest_;
};

/// EventStore::ask over a connection of its own. Waits at most `patience` for others who write.
std::uint64_t ask(const std::filesystem::path& store, const RequestRecord& request,
                  std::chrono::milliseconds patience);

} // namespace bus::sqlite
