#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace test {

/// The path of a file or folder of the shared test data, or nothing where this machine has none of
/// it.
///
/// `relative` is a path below the data folder, such as `"vectors/uuid/uuid.json"`. The data folder
/// is what the environment variable `LIBBUS_SHARED_DATA` names, else `../shared/data` seen from the
/// source tree. The data does not belong to the project: a test that uses it says so with
/// needs_shared_data() of test/support/needs.hpp.
///
/// May be called from any thread. Throws `std::runtime_error` if `LIBBUS_SHARED_DATA` is set but is
/// no folder, since then every test would skip and nobody would know.
[[nodiscard]] std::optional<std::filesystem::path> shared_data(std::string_view relative);

} // namespace test
