#pragma once

#include <bus/store/sqlite/system_files.hpp>

#include <filesystem>

namespace bus::internal {

/// Makes a new, empty file with this mode, regardless of the umask. Throws
/// std::filesystem::filesystem_error, also if the name is taken.
void make_file(std::uint32_t mode, const std::filesystem::path& file);

/// Makes a new, empty file that exactly those users can read who can read `like`. It gets the mode
/// of `like`, always writable for this user, and the owner of `like` if this user is root. If the
/// group cannot be set, the group gets no rights. Until all is set, only the creator can open the
/// file, regardless of the umask. Throws std::filesystem::filesystem_error, also if the name is
/// taken.
void make_file_like(const FileRights& like, const std::filesystem::path& file);

/// Like the above, for the file at the path `like`.
void make_file_like(const std::filesystem::path& like, const std::filesystem::path& file);

} // namespace bus::internal
