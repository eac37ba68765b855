#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace bus::internal {

/// Makes a new, empty file with this mode, whatever the umask is. Throws as below.
void make_file(mode_t mode, const std::filesystem::path& file);

/// Makes a new, empty file that those can read who can read `like`, and nobody else: it gets that
/// one's mode (and this user may write it) and, if this user is root, its owner. Where the group
/// cannot be given, the group may not read it. Until then only its maker can open it, whatever the
/// umask is. Throws std::filesystem::filesystem_error, also if there is something of that name.
void make_file_like(const struct stat& like, const std::filesystem::path& file);

/// Like the file at a path.
void make_file_like(const std::filesystem::path& like, const std::filesystem::path& file);

} // namespace bus::internal
