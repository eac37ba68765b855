#include <bus/event/internal/text_scratch.hpp>

#include <sys/mman.h>

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
        munmap(place.begin, place.size + guard);
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
    void* const memory = mmap(nullptr, size + guard, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::bad_alloc{};
    }
    place = {static_cast<char*>(memory), size};
    if (mprotect(place.begin + size, guard, PROT_NONE) != 0) {
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
        madvise(place.begin, place.size, MADV_DONTNEED);
    }
}

} // namespace bus::internal
