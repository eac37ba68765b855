#pragma once

#include <algorithm>
#include <string_view>

namespace bus::internal {

/// Takes a token of JSON, and the blanks in front of it, from the front of `json`. What does not
/// begin with it stays as it is.
inline bool take_token(std::string_view& json, std::string_view token) noexcept {
    const std::size_t blanks = std::min(json.find_first_not_of(" \t\r\n"), json.size());
    if (!json.substr(blanks).starts_with(token)) {
        return false;
    }
    json.remove_prefix(blanks + token.size());
    return true;
}

/// Takes what a state that is kept with its version begins with. No member of a C++ struct is
/// called so.
inline bool take_versioned_head(std::string_view& json) noexcept {
    std::string_view rest = json;
    if (!take_token(rest, "{") || !take_token(rest, R"("$version")") || !take_token(rest, ":")) {
        return false;
    }
    json = rest;
    return true;
}

} // namespace bus::internal
