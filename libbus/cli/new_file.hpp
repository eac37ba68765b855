#pragma once

#include <string>

namespace bus::cli {

/// Throws OutputError, which says what to do, if no new file can be created at `path`: because the
/// path exists, its folder does not exist, or this user may not write to the folder.
void check_new_file(const std::string& path);

} // namespace bus::cli
