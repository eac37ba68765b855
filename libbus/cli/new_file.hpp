#pragma once

#include <string>

namespace bus::cli {

/// Throws OutputError, with what to do, where no new file can be made at `path`: something is
/// there, or its folder is not, or this user may not write in it.
void check_new_file(const std::string& path);

} // namespace bus::cli
