#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace bus {

/// The version of a struct that agents keep as their state. It is 1, unless it is specialised
/// beside the struct, in namespace bus:
///
///     template <>
///     inline constexpr std::uint32_t state_version<shop::Basket> = 2;
///
/// A state that an older program kept is converted by the upcasters of <bus/agent/upcast_state.hpp>
/// each time it is read. The new form is stored only if a step writes it.
template <class T>
inline constexpr std::uint32_t state_version = 1;

namespace detail {

/// By version, the functions that convert a state's JSON text from this version to the next.
using StateUpcasters = std::map<std::uint32_t, std::function<std::string(std::string_view)>>;

/// The upcasters of T. Not to be changed while agents run.
template <class T>
StateUpcasters& state_upcasters() {
    static StateUpcasters upcasters;
    return upcasters;
}

/// For upcast_state. Throws std::logic_error if `version` is 0, not below `newest`, or has an
/// upcaster already.
void add_state_upcaster(StateUpcasters& upcasters, std::uint32_t version, std::uint32_t newest,
                        std::function<std::string(std::string_view)> upcaster);

/// Returns the text that is kept for a state: its JSON text, with the version if that is not 1.
std::string with_state_version(std::string json, std::uint32_t version);

/// Reads a kept text, and returns its JSON text converted to `version`. Throws CodecError if the
/// state is of a later version, or if an upcaster is missing or throws.
std::string state_of_version(std::string_view kept, std::uint32_t version,
                             const StateUpcasters& upcasters);

} // namespace detail

} // namespace bus
