#include <bus/agent/state_version.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/internal/versioned_text.hpp>

#include <charconv>
#include <new>
#include <stdexcept>

namespace bus::detail {

namespace {

constexpr std::string_view head = internal::versioned_text_head;
constexpr std::string_view middle = R"(,"state":)";

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
    if (version == 1 && !json.starts_with(head)) {
        return json;
    }
    std::string kept{head};
    kept.append(std::to_string(version)).append(middle).append(json).push_back('}');
    return kept;
}

std::string state_of_version(std::string_view kept, std::uint32_t version,
                             const StateUpcasters& upcasters) {
    std::uint32_t found = 1;
    if (kept.starts_with(head)) {
        const char* const end = kept.data() + kept.size();
        const auto number = std::from_chars(kept.data() + head.size(), end, found);
        const std::string_view rest{number.ptr, static_cast<std::size_t>(end - number.ptr)};
        if (number.ec != std::errc{} || !rest.starts_with(middle) || !rest.ends_with('}')) {
            throw CodecError{"$version", "expected a state with its version"};
        }
        kept = rest.substr(middle.size(), rest.size() - middle.size() - 1);
    }
    if (found > version) {
        throw CodecError{"$version", "expected a state of version " + std::to_string(version) +
                                         " at most, found " + std::to_string(found) +
                                         ": it was written by a newer program"};
    }
    std::string json{kept};
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
