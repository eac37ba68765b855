#pragma once

#include <bus/event/value_description.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace bus::internal {

/// The text that TextTraits write, for the form that allocates nothing. It is valid until this
/// thread calls the function again. If it is longer than max_chars, sets `problem` to the error
/// message and returns an empty text.
std::string_view written_text(const TextOps& ops, const void* value, std::string& problem);

/// The tags of a std::variant, for messages: `Card, Cash or null`.
std::string tags_of(const VariantOps& ops);

/// The index of the alternative with this tag, not counting std::monostate; ops.count if there is
/// none.
std::size_t alternative_of(const VariantOps& ops, std::string_view tag) noexcept;

/// Owns a proxy that a value is read into and then taken from.
class ProxyHolder {
public:
    explicit ProxyHolder(const ProxyOps& ops) : ops_{&ops}, proxy_{ops.make()} {}

    ProxyHolder(const ProxyHolder&) = delete;
    ProxyHolder& operator=(const ProxyHolder&) = delete;

    ProxyHolder(ProxyHolder&& other) noexcept
        : ops_{other.ops_}, proxy_{std::exchange(other.proxy_, nullptr)} {}

    ~ProxyHolder() {
        if (proxy_ != nullptr) {
            ops_->destroy(proxy_);
        }
    }

    [[nodiscard]] void* get() const noexcept { return proxy_; }

    [[nodiscard]] const ProxyOps& ops() const noexcept { return *ops_; }

private:
    const ProxyOps* ops_;
    void* proxy_;
};

} // namespace bus::internal
