#include <bus/dispatch/internal/snapshot.hpp>

#include <algorithm>
#include <new>

namespace bus::detail {

Snapshot::Owner Snapshot::make(const Topics& owner, std::span<HandlerSlot* const> slots,
                               std::vector<std::shared_ptr<EventTaker>> takers) {
    static_assert(sizeof(Snapshot) % alignof(HandlerSlot*) == 0);
    void* memory = ::operator new(sizeof(Snapshot) + slots.size_bytes());
    auto* const snapshot = ::new (memory) Snapshot{owner, slots.size(), std::move(takers)};
    std::uninitialized_copy(slots.begin(), slots.end(),
                            reinterpret_cast<HandlerSlot**>(snapshot + 1));
    std::for_each(slots.begin(), slots.end(), &SlotRef::retain);
    return Owner{snapshot};
}

#ifdef _GLIBCXX_DEBUG // initialised late, but all zeros before that too, which is the same
const Snapshot Snapshot::unbuilt_topic;
#else
constinit const Snapshot Snapshot::unbuilt_topic;
#endif

void Snapshot::Delete::operator()(const Snapshot* snapshot) const noexcept {
    if (snapshot->unbuilt()) {
        return;
    }
    std::for_each(snapshot->begin(), snapshot->end(), &SlotRef::release);
    snapshot->~Snapshot();
    // The memory from operator new was never const; only other code's view of the snapshot is.
    ::operator delete(const_cast<Snapshot*>(snapshot)); // NOLINT(*-const-cast)
}

} // namespace bus::detail
