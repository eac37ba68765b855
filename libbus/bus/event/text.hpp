#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <new>
#include <span>
#include <string>
#include <string_view>

namespace bus {

class Text;

namespace detail {

/// A type that a Text can be made from: it converts to std::string_view and is not a Text.
template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view> && !std::same_as<T, Text>;

} // namespace detail

/// Immutable text in 8 bytes: a null pointer if it is empty, else a pointer to characters that all
/// copies share. Copying it increments a counter and allocates nothing. To change the value, assign
/// a new one; the other copies stay as they are.
///
/// It can be made from the same things as a std::string, and converts to std::string_view and
/// std::string. It is compared, concatenated and printed like a std::string. It may hold any bytes,
/// also zeros.
///
/// Thread safety is that of std::shared_ptr: any threads may use and destroy copies that share
/// their characters. While a thread assigns to a Text, no other thread may use that same Text.
class Text {
public:
    /// Empty. Allocates nothing.
    Text() noexcept = default;

    /// A copy of the characters. Throws std::bad_alloc, and std::length_error if they are 4 GiB or
    /// more.
    template <detail::TextLike T>
    Text(const T& text) : Text{static_cast<std::string_view>(text), Copied{}} {}

    /// True if there are no characters.
    [[nodiscard]] bool empty() const noexcept { return shared_ == nullptr; }

    /// The number of bytes, without the terminating zero.
    [[nodiscard]] std::size_t size() const noexcept { return empty() ? 0 : shared_->size; }

    /// The characters, with a terminating zero; never nullptr. They stay where they are as long as
    /// any copy of this value exists.
    [[nodiscard]] const char* c_str() const noexcept {
        return empty() ? "" : shared_->characters();
    }

    /// The same as c_str().
    [[nodiscard]] const char* data() const noexcept { return c_str(); }

    /// The first character.
    [[nodiscard]] const char* begin() const noexcept { return c_str(); }

    /// The end of the characters: the terminating zero.
    [[nodiscard]] const char* end() const noexcept { return c_str() + size(); }

    /// A view of the characters; valid as long as any copy of this value exists.
    [[nodiscard]] std::string_view view() const noexcept { return {c_str(), size()}; }

    /// A copy of the characters.
    [[nodiscard]] std::string str() const { return std::string{view()}; }

    /// The same as view().
    operator std::string_view() const noexcept { return view(); }

    /// The same as str(), for code that keeps a std::string. It copies the characters.
    operator std::string() const { return str(); }

    /// Makes this text empty; copies keep their value.
    void clear() noexcept { shared_.reset(); }

    /// One of the texts that make_together() sets, and its new characters.
    struct Making {
        Text& text;                    ///< gets the characters
        std::string_view characters{}; ///< must not lie in any of the texts
    };

    /// Sets several texts with one allocation that they share. It is freed with the last of them.
    /// Throws what the constructor throws; then no text has changed.
    static void make_together(std::span<const Making> texts);

    /// Compares the bytes.
    friend bool operator==(const Text& left, const Text& right) noexcept {
        return left.shared_ == right.shared_ || left.view() == right.view();
    }

    template <detail::TextLike T>
    friend bool operator==(const Text& left, const T& right) {
        return left.view() == static_cast<std::string_view>(right);
    }

    /// Orders like std::string_view: by bytes.
    friend std::strong_ordering operator<=>(const Text& left, const Text& right) noexcept {
        return left.view() <=> right.view();
    }

    template <detail::TextLike T>
    friend std::strong_ordering operator<=>(const Text& left, const T& right) {
        return left.view() <=> static_cast<std::string_view>(right);
    }

    /// Joins two texts; one of them may be of any type that converts to std::string_view.
    template <class T>
    requires detail::TextLike<T> || std::same_as<T, Text>

    friend std::string operator+(const Text& left, const T& right) {
        return joined(left.view(), right);
    }

    /// The same with the other text first.
    template <detail::TextLike T>
    friend std::string operator+(const T& left, const Text& right) {
        return joined(left, right.view());
    }

    /// Prints the characters.
    friend std::ostream& operator<<(std::ostream& out, const Text& text);

private:
    struct Copied {};

    /// The head of an allocation, which holds one text, or several that were made together.
    struct Block {
        std::atomic<std::uint32_t> owners;
        std::uint32_t bytes;

        Block(std::uint32_t o, std::uint32_t b) noexcept : owners{o}, bytes{b} {}
    };

    /// The head of one text; its characters follow it.
    struct Shared {
        std::uint32_t size;
        std::uint32_t offset; ///< bytes from the start of the block to this head

        Shared(std::uint32_t s, std::uint32_t o) noexcept : size{s}, offset{o} {}

        [[nodiscard]] const char* characters() const noexcept {
            return reinterpret_cast<const char*>(this + 1);
        }

        [[nodiscard]] Block& block() noexcept {
            return *std::launder(reinterpret_cast<Block*>(reinterpret_cast<char*>(this) - offset));
        }

        void add_owner() noexcept { block().owners.fetch_add(1, std::memory_order_relaxed); }

        void remove_owner() noexcept {
            Block& mine = block();
            // A sole owner races with no other thread, so it needs no locked instruction.
            if (mine.owners.load(std::memory_order_acquire) == 1 ||
                mine.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                destroy(mine);
            }
        }

        static void destroy(Block& block) noexcept;

        friend void intrusive_ptr_add_ref(Shared* text) noexcept { text->add_owner(); }

        friend void intrusive_ptr_release(Shared* text) noexcept { text->remove_owner(); }
    };

    Text(std::string_view text, Copied /*tag*/);

    static std::string joined(std::string_view left, std::string_view right);

    boost::intrusive_ptr<Shared> shared_;
};

} // namespace bus

/// Lets a bus::Text be a key of unordered containers.
template <>
struct std::hash<bus::Text> {
    /// The hash of a std::string_view with the same characters. Thread safe.
    std::size_t operator()(const bus::Text& text) const noexcept {
        return std::hash<std::string_view>{}(text.view());
    }
};
