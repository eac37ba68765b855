#include <bus/event/internal/path.hpp>
#include <bus/event/internal/text_buffer.hpp>

#include <algorithm>

namespace bus::internal {

namespace {

bool is_identifier(std::string_view name) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

} // namespace

void add_to_path(std::string& path, std::string_view name) {
    if (is_identifier(name)) {
        path.append(path.empty() ? "" : ".").append(name);
    } else {
        path.append("[\"").append(shown(name)).append("\"]");
    }
}

void add_to_path(std::string& path, std::size_t index) {
    path.append("[").append(std::to_string(index)).append("]");
}

std::string shown(std::string_view text) {
    constexpr std::size_t most = 40;
    std::string result;
    while (!text.empty() && result.size() < most) {
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t size = utf8_sequence(text);
        if (size == 0 || first < 0x20 || first == 0x7f) {
            result.push_back('?');
            text.remove_prefix(1);
        } else {
            result.append(text.substr(0, size));
            text.remove_prefix(size);
        }
    }
    if (!text.empty()) {
        result.append("...");
    }
    return result;
}

} // namespace bus::internal
