#include <bus/store/sqlite/at_rest.hpp>

#include <string_view>
#include <system_error>
#include <utility>

namespace bus::sqlite {

namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& path, const char* end) {
    return fs::path{path}.concat(end);
}

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

bool has_content(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return !error && size != 0;
}

/// Whether the file can be read without the files beside it. A program that has the file open keeps
/// even an empty log, but always together with its index. An index without a log was left over.
bool is_read_alone(const fs::path& path) {
    const fs::path log = beside(path, "-wal");
    return !has_content(log) && !(is_there(log) && is_there(beside(path, "-shm"))) &&
           !has_content(beside(path, "-journal"));
}

bool same(const internal::FileStatus& a, const internal::FileStatus& b) {
    return a.id == b.id && a.size == b.size && a.changed.tv_sec == b.changed.tv_sec &&
           a.changed.tv_nsec == b.changed.tv_nsec;
}

} // namespace

std::optional<AtRest> AtRest::look(const fs::path& path) {
    AtRest rest{fs::absolute(path)};
    // The file is looked at before the files beside it, so that is_over() notices a program that
    // opens it in between.
    const auto seen = internal::status_of(path);
    if (!seen || internal::may_write(rest.path_.parent_path()) || !is_read_alone(rest.path_)) {
        return std::nullopt;
    }
    rest.seen_ = *seen;
    return rest;
}

bool AtRest::is_over() const {
    const auto now = internal::status_of(path_);
    return !now || !same(seen_, *now) || !is_read_alone(path_);
}

std::string AtRest::uri() const {
    return immutable_uri(path_);
}

std::string immutable_uri(const fs::path& path) {
    // https://sqlite.org/uri.html: `?` and `#` end the path, and `%` begins a byte in hex digits.
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-._~/";
    std::string uri = "file://";
    for (const char c : fs::absolute(path).string()) {
        if (plain.find(c) != std::string_view::npos) {
            uri += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            uri += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return uri + "?immutable=1";
}

} // namespace bus::sqlite
