#pragma once

#include <chrono>
#include <filesystem>

namespace bus::sqlite {

/// EventStore::backup of the store at `from`.
void backup(const std::filesystem::path& from, const std::filesystem::path& to,
            std::chrono::milliseconds busy_timeout);

} // namespace bus::sqlite
