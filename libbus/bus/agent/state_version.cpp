#include <bus/agent/state_version.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/internal/versioned_text.hpp>

#include <charconv>
#include <new>
#include <stdexcept>

namespace bus::detail {

namespace {

struct VersionedState {
    std::uint32_t version = 1;
    std::string_view json;
};

/// Accepts blanks between the tokens: another program may have rewritten the text.
VersionedState versioned_state(std::string_view kept) {
    VersionedState state{.json = kept};
    std::string_view rest = kept;
    if (!internal::take_versioned_head(rest)) {
        if (internal::is_rewritten_state(kept)) {
            throw CodecError{"$version", "expected a state with its version as its first member: "
                                         "another program has rewritten this text"};
        }
        return state;
    }
    (void)internal::take_token(rest, "");
    const auto number = std::from_chars(rest.data(), rest.data() + rest.size(), state.version);
    rest.remove_prefix(static_cast<std::size_t>(number.ptr - rest.data()));
    const bool sound = number.ec == std::errc{} && internal::take_token(rest, ",") &&
                       internal::take_token(rest, R"("state")") && internal::take_token(rest, ":");
    const std::size_t end = rest.find_last_not_of(" \t\r\n");
    if (!sound || end == std::string_view::npos || rest[end] != '}') {
        throw CodecError{"$version", "expected a state with its version"};
    }
    state.json = rest.substr(0, end);
    return state;
}

std::string upcast(const std::function<std::string(std::string_view)>& upcaster,
                   std::string_view json, std::uint32_t version) {
    try {
        return upcaster(json);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& error) {
        throw CodecError{"$version", "the upcaster of this state from version " +
                                         std::to_string(version) + " failed: " + error.what()};
    }
}

} // namespace

void add_state_upcaster(StateUpcasters& upcasters, std::uint32_t version, std::uint32_t newest,
                        std::function<std::string(std::string_view)> upcaster) {
    if (version == 0 || version >= newest) {
        throw std::logic_error{"an upcaster of a state leads from version " +
                               std::to_string(version) + ", but the state is of version " +
                               std::to_string(newest) + ": specialise bus::state_version"};
    }
    if (!upcasters.emplace(version, std::move(upcaster)).second) {
        throw std::logic_error{"there is an upcaster from version " + std::to_string(version) +
                               " of this state already"};
    }
}

std::string with_state_version(std::string json, std::uint32_t version) {
    if (std::string_view rest = json; version == 1 && !internal::take_versioned_head(rest)) {
        return json;
    }
    return R"({"$version":)" + std::to_string(version) + R"(,"state":)" + json + "}";
}

std::string state_of_version(std::string_view kept, std::uint32_t version,
                             const StateUpcasters& upcasters) {
    const VersionedState state = versioned_state(kept);
    std::uint32_t found = state.version;
    if (found > version) {
        throw CodecError{"$version", "expected a state of version " + std::to_string(version) +
                                         " at most, found " + std::to_string(found) +
                                         ": it was written by a newer program"};
    }
    std::string json{state.json};
    for (; found < version; ++found) {
        const auto upcaster = upcasters.find(found);
        if (upcaster == upcasters.end()) {
            throw CodecError{"$version", "no upcaster of this state from version " +
                                             std::to_string(found) + ": call bus::upcast_state"};
        }
        json = upcast(upcaster->second, json, found);
    }
    return json;
}

} // namespace bus::detail
