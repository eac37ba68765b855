#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace test {

/// The path of a file or folder of the shared test data, or nothing if this machine does not have
/// it.
///
/// `relative` is a path below the data folder, such as `"vectors/uuid/uuid.json"`. The environment
/// variable `LIBBUS_SHARED_DATA` names the data folder; the default is `../shared/data` beside the
/// source tree. The data does not belong to the project: a test that uses it declares this with
/// needs_shared_data() of test/support/needs.hpp.
///
/// May be called from any thread. Throws `std::runtime_error` if `LIBBUS_SHARED_DATA` is set but is
/// not a folder; otherwise every test would be skipped without notice.
[[nodiscard]] std::optional<std::filesystem::path> shared_data(std::string_view relative);

} // namespace test
