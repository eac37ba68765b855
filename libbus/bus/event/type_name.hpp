#pragma once

#include <cstddef>
#include <string_view>

/// Names of types, taken from the compiler. They distinguish types and appear in messages, but are
/// never written to a store.
namespace bus::detail {

/// The name of this function with T in it, as the compiler writes it.
template <class T>
constexpr const char* spelt() noexcept {
    return __PRETTY_FUNCTION__;
}

/// The name of T with its namespaces, as the compiler writes it: `billing::Created`.
template <class T>
consteval std::string_view type_name() {
    constexpr std::string_view sample_name = "void";
    constexpr std::string_view sample = spelt<void>();
    constexpr std::size_t before = sample.rfind(sample_name);
    constexpr std::size_t behind = sample.size() - before - sample_name.size();
    const std::string_view whole = spelt<T>();
    return whole.substr(before, whole.size() - before - behind);
}

/// True if another file may have a different type of this name: T, or a template argument of it, is
/// in an unnamed namespace.
constexpr bool is_of_one_file(std::string_view type_name) {
    return type_name.find("{anonymous}") != std::string_view::npos || // GCC
           type_name.find("(anonymous namespace)") != std::string_view::npos;
}

/// A name without its namespaces and classes: `Created`, `Changed<stock::Level>`.
constexpr std::string_view own_name(std::string_view name) {
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        depth += c == '<' || c == '(' ? 1 : 0;
        depth -= c == '>' || c == ')' ? 1 : 0;
        if (depth == 0 && (c == ':' || c == ' ')) {
            begin = i + 1;
        }
    }
    return name.substr(begin);
}

} // namespace bus::detail
