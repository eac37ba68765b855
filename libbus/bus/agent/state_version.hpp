#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace bus {

/// The version of a struct that agents keep as their state: 1, unless it is specialised beside the
/// struct, in namespace bus:
///
///     template <>
///     inline constexpr std::uint32_t state_version<shop::Basket> = 2;
///
/// What an older program kept goes through the upcasters of <bus/agent/upcast_state.hpp> when it is
/// read; it is written back only where a step writes it.
template <class T>
inline constexpr std::uint32_t state_version = 1;

namespace detail {

/// From the JSON text of one version to that of the next, by version.
using StateUpcasters = std::map<std::uint32_t, std::function<std::string(std::string_view)>>;

/// Those of T. Not to be changed while agents run.
template <class T>
StateUpcasters& state_upcasters() {
    static StateUpcasters upcasters;
    return upcasters;
}

/// For upcast_state.
void add_state_upcaster(StateUpcasters& upcasters, std::uint32_t version, std::uint32_t newest,
                        std::function<std::string(std::string_view)> upcaster);

/// What is kept of a state: its JSON text, with the version where that is not 1.
std::string with_state_version(std::string json, std::uint32_t version);

/// The other way round, brought to `version`. Throws CodecError where it is of a later version, or
/// an upcaster is missing or throws.
std::string state_of_version(std::string_view kept, std::uint32_t version,
                             const StateUpcasters& upcasters);

} // namespace detail

} // namespace bus
