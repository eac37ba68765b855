#pragma once

#include <algorithm>
#include <string_view>

namespace bus::internal {

/// Removes a JSON token, and the blanks in front of it, from the front of `json`. Returns false and
/// leaves `json` alone if it does not begin with the token.
inline bool take_token(std::string_view& json, std::string_view token) noexcept {
    const std::size_t blanks = std::min(json.find_first_not_of(" \t\r\n"), json.size());
    if (!json.substr(blanks).starts_with(token)) {
        return false;
    }
    json.remove_prefix(blanks + token.size());
    return true;
}

/// Removes the beginning of a state that was stored with its version, `{"$version":`. Returns false
/// if `json` begins otherwise. No member of a C++ struct can have the name `$version`.
inline bool take_versioned_head(std::string_view& json) noexcept {
    std::string_view rest = json;
    if (!take_token(rest, "{") || !take_token(rest, R"("$version")") || !take_token(rest, ":")) {
        return false;
    }
    json = rest;
    return true;
}

/// Whether this is an object with the members `$version` and `state` and no other, in any order:
/// what another program has made of a state that was kept with its version.
bool is_rewritten_state(std::string_view json);

} // namespace bus::internal
