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

/// What a std::string can be made of, and a Text is made of as well.
template <class T>
concept TextLike = std::convertible_to<const T&, std::string_view> && !std::same_as<T, Text>;

} // namespace detail

/// Text that never changes, in 8 bytes: nothing where it is empty, else a pointer to characters
/// that all copies share. A copy adds one to a count and allocates nothing; another value is given
/// by assignment, which leaves the other copies as they are.
///
/// It is made of whatever a std::string is made of, turns into a std::string_view or a std::string,
/// and is compared, added and printed as one. It holds any bytes, also zeros.
///
/// Thread safety is that of std::shared_ptr: copies that share their characters may be used and
/// destroyed by any threads; one Text that a thread assigns to may be used by no other meanwhile.
class Text {
public:
    Text() noexcept = default;

    /// A copy of the characters. Throws std::bad_alloc, and std::length_error from 4 GiB on.
    template <detail::TextLike T>
    Text(const T& text) : Text{static_cast<std::string_view>(text), Copied{}} {}

    [[nodiscard]] bool empty() const noexcept { return shared_ == nullptr; }

    [[nodiscard]] std::size_t size() const noexcept { return empty() ? 0 : shared_->size; }

    /// The characters, and a zero behind the last one; never nullptr. They stay where they are
    /// while any copy of this value exists.
    [[nodiscard]] const char* c_str() const noexcept {
        return empty() ? "" : shared_->characters();
    }

    [[nodiscard]] const char* data() const noexcept { return c_str(); }

    [[nodiscard]] const char* begin() const noexcept { return c_str(); }

    [[nodiscard]] const char* end() const noexcept { return c_str() + size(); }

    [[nodiscard]] std::string_view view() const noexcept { return {c_str(), size()}; }

    [[nodiscard]] std::string str() const { return std::string{view()}; }

    operator std::string_view() const noexcept { return view(); }

    /// For code that keeps a std::string of it; costs that string.
    operator std::string() const { return str(); }

    void clear() noexcept { shared_.reset(); }

    /// A text to be made, and of what.
    struct Making {
        Text& text;
        std::string_view characters{}; ///< of none of the texts
    };

    /// Makes several texts with one allocation, which they share: it lives as long as any of them.
    /// Throws what making one does, and has changed none then.
    static void make_together(std::span<const Making> texts);

    friend bool operator==(const Text& left, const Text& right) noexcept {
        return left.shared_ == right.shared_ || left.view() == right.view();
    }

    template <detail::TextLike T>
    friend bool operator==(const Text& left, const T& right) {
        return left.view() == static_cast<std::string_view>(right);
    }

    friend std::strong_ordering operator<=>(const Text& left, const Text& right) noexcept {
        return left.view() <=> right.view();
    }

    template <detail::TextLike T>
    friend std::strong_ordering operator<=>(const Text& left, const T& right) {
        return left.view() <=> static_cast<std::string_view>(right);
    }

    template <class T>
    requires detail::TextLike<T> || std::same_as<T, Text>

    friend std::string operator+(const Text& left, const T& right) {
        return joined(left.view(), right);
    }

    template <detail::TextLike T>
    friend std::string operator+(const T& left, const Text& right) {
        return joined(left, right.view());
    }

    friend std::ostream& operator<<(std::ostream& out, const Text& text);

private:
    struct Copied {};

    /// What is allocated: one text, or several that were made together, and who has them.
    struct Block {
        std::atomic<std::uint32_t> owners;
        std::uint32_t bytes;

        Block(std::uint32_t o, std::uint32_t b) noexcept : owners{o}, bytes{b} {}
    };

    /// What lies before the characters of each.
    struct Shared {
        std::uint32_t size;
        std::uint32_t offset; ///< bytes from the block to here

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
            // The only owner has nobody to race with, and needs no locked instruction.
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

template <>
struct std::hash<bus::Text> {
    std::size_t operator()(const bus::Text& text) const noexcept {
        return std::hash<std::string_view>{}(text.view());
    }
};
