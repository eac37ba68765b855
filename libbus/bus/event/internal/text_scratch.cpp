#include <bus/event/internal/text_scratch.hpp>
#include <bus/runtime/internal/system.hpp>

#include <new>

namespace bus::internal {

namespace {

constexpr std::size_t guard = 65536; // bytes; no system has larger pages
constexpr std::size_t headroom = std::size_t{16} << 20U;

/// Reserved address space. The system provides memory only for pages that are touched: for usual
/// text, one page.
struct Place {
    char* begin = nullptr;
    std::size_t size = 0; ///< without the guard
};

// Has no destructor, since threads may write events until their very end.
thread_local Place place;

void give_back() noexcept {
    if (place.begin != nullptr) {
        unmap_pages(place.begin, place.size + guard);
        place = {};
    }
}

struct AtThreadEnd {
    AtThreadEnd() = default;
    AtThreadEnd(const AtThreadEnd&) = delete;
    AtThreadEnd& operator=(const AtThreadEnd&) = delete;

    ~AtThreadEnd() { give_back(); }
};

void take(std::size_t size) {
    thread_local const AtThreadEnd at_end;
    give_back();
    size = (size + headroom + guard - 1) / guard * guard;
    void* const memory = map_pages(size + guard);
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    place = {static_cast<char*>(memory), size};
    if (!forbid_pages(place.begin + size, guard)) {
        throw std::bad_alloc{};
    }
}

} // namespace

char* text_scratch(std::size_t size) {
    if (place.size < size + headroom) [[unlikely]] {
        take(size);
    }
    return place.begin;
}

void trim_text_scratch() noexcept {
    if (place.begin != nullptr) {
        discard_pages(place.begin, place.size);
    }
}

} // namespace bus::internal
