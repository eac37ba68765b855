#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>
#include <bus/dispatch/worker_scope.hpp>
#include <bus/runtime/internal/system.hpp>

#include <algorithm>
#include <mutex>
#include <new>

namespace bus::detail {

namespace {

/// What all threads share. Never destroyed, because threads may publish as late as they like.
struct Shared {
    std::atomic<Publisher*> publishers{nullptr}; ///< all publishers that were ever made
    std::mutex mutex;
    std::vector<Publisher*> free; ///< has room for all publishers
    std::mutex retired_mutex;
    SnapshotList retired;
    std::size_t frames = 0;                ///< how many frames there are
    std::vector<const Snapshot*> in_use;   ///< has room for as many snapshots
    std::atomic<std::uint32_t> changes{0}; ///< counts the reports to waiting threads
};

Shared& shared() noexcept;

/// Makes sure that a child of fork() finds both locks free: the threads that might hold them do not
/// exist in the child.
void lock_for_fork() {
    shared().mutex.lock();
    shared().retired_mutex.lock();
}

void unlock_after_fork() {
    shared().retired_mutex.unlock();
    shared().mutex.unlock();
}

Shared& shared() noexcept {
    static Shared& instance = []() -> Shared& {
        Shared& made = *std::make_unique<Shared>().release();
        internal::around_fork(lock_for_fork, unlock_after_fork, unlock_after_fork);
        return made;
    }();
    return instance;
}

/// Retired snapshots are looked through once there are this many.
constexpr std::size_t reclaim_at = 16;

/// Subscriptions that ended inside a dispatch are looked through once there are this many.
constexpr std::size_t release_at = 16;

/// To be called before that many frames are added: reclaiming must not fail for lack of memory.
void make_room_for_frames(std::size_t more) {
    const std::lock_guard lock{shared().retired_mutex};
    shared().in_use.reserve(shared().frames + more);
    shared().frames += more;
}

} // namespace

constinit thread_local Publisher* Publisher::of_this_thread = nullptr;

/// Gives the thread's publisher back when the thread ends.
struct Publisher::Lease {
    Lease() = default;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    ~Lease() {
        gone = true;
        // If a handler called exit(), its dispatch is never left, and destructors of statics run
        // next.
        if (of_this_thread != nullptr && !of_this_thread->dispatching()) {
            give_back();
        }
    }

    static void give_back() noexcept {
        Publisher* const publisher = std::exchange(of_this_thread, nullptr);
        if (publisher == nullptr) {
            return;
        }
        const std::lock_guard lock{shared().mutex};
        shared().free.push_back(publisher); // there is room, see attach()
    }

    /// True once the thread's lease has ended. A publish after that borrows a publisher each time.
    static constinit thread_local bool gone;
};

constinit thread_local bool Publisher::Lease::gone = false;

Publisher& Publisher::attach() {
    if (!Lease::gone) {
        thread_local const Lease lease;
    }
    Shared& all = shared();
    const std::lock_guard lock{all.mutex};
    Publisher* publisher = nullptr;
    if (!all.free.empty()) {
        publisher = all.free.back();
        all.free.pop_back();
    } else {
        all.free.reserve(all.free.capacity() + 1); // so that giving back cannot fail
        make_room_for_frames(1 + std::tuple_size_v<decltype(Piece::frames)>);
        publisher = std::make_unique<Publisher>().release(); // never freed
        publisher->next_ = all.publishers.load();
        all.publishers.store(publisher);
    }
    publisher->todo_ = Lease::gone ? borrowed : 0;
    of_this_thread = publisher;
    return *publisher;
}

Frame& Publisher::enter_nested() {
    Piece* piece = &nested_;
    std::size_t index = todo_ / one_nested;
    for (; index >= piece->frames.size(); index -= piece->frames.size()) {
        Piece* next = piece->next.load(std::memory_order_relaxed);
        if (next == nullptr) {
            make_room_for_frames(piece->frames.size());
            next = std::make_unique<Piece>().release(); // stays with the publisher
            piece->next.store(next);
        }
        piece = next;
    }
    todo_ += one_nested;
    return piece->frames[index];
}

template <class See>
void Publisher::for_own_frames(See see) {
    see(first_);
    for (Piece* piece = &nested_; piece != nullptr; piece = piece->next.load()) {
        std::for_each(piece->frames.begin(), piece->frames.end(), see);
    }
}

template <class See>
void Publisher::for_each_frame(See see) {
    for (Publisher* p = shared().publishers.load(); p != nullptr; p = p->next_) {
        p->for_own_frames(see);
    }
}

bool Publisher::dispatching(const Topics& topics) noexcept {
    bool found = false;
    for_own_frames([&](Frame& frame) {
        const Snapshot* const snapshot = frame.snapshot.load(std::memory_order_relaxed);
        found = found || (snapshot != nullptr && snapshot->is_of(topics));
    });
    return found;
}

bool Publisher::ask_those_who_run(const HandlerSlot& slot) noexcept {
    bool found = false;
    for_each_frame([&](Frame& frame) {
        if (frame.snapshot.load() != nullptr && frame.running.load() == &slot) {
            frame.asked = true;
            found = true;
        }
    });
    return found;
}

bool Publisher::runs(const HandlerSlot& slot) noexcept {
    bool found = false;
    for_each_frame([&](const Frame& frame) {
        found = found || (frame.snapshot.load() != nullptr && frame.running.load() == &slot);
    });
    return found;
}

void Publisher::end_later(const SlotRef& slot) noexcept {
    slot->info->next_ended = ended_;
    ended_ = slot.get();
    SlotRef::retain(ended_);
    todo_ |= ending;
    ++gathered_;
}

void Publisher::await_later(const SlotRef& slot) noexcept {
    slot->info->next_awaited = awaited_;
    awaited_ = slot.get();
    SlotRef::retain(awaited_);
    todo_ |= ending;
    ++gathered_;
}

/// Returns false if there is none.
bool Publisher::finish_first_ended() noexcept {
    if (ended_ == nullptr) {
        return false;
    }
    HandlerSlot* const first = std::exchange(ended_, ended_->info->next_ended);
    finish_ending(SlotRef::share(*first)); // may run the host's destructors
    SlotRef::release(first); // NOLINT(clang-analyzer-cplusplus.NewDelete): the list's reference
    return true;
}

/// Returns false if there is none.
bool Publisher::await_first_awaited() noexcept {
    if (awaited_ == nullptr) {
        return false;
    }
    HandlerSlot* const first = std::exchange(awaited_, awaited_->info->next_awaited);
    wait_until_not_running(*first);
    SlotRef::release(first); // the list's reference; if it is the last, the host's destructors run
    return true;
}

/// Takes the slots whose handlers run nowhere out of the list, and counts the others.
template <auto Next>
HandlerSlot* Publisher::take_idle(HandlerSlot*& list, std::size_t& kept) noexcept {
    HandlerSlot* idle = nullptr;
    for (HandlerSlot** link = &list; *link != nullptr;) {
        HandlerSlot* const slot = *link;
        HandlerSlot*& next = (*slot->info).*Next;
        if (runs(*slot)) {
            ++kept;
            link = &next;
        } else {
            *link = std::exchange(next, idle);
            idle = slot;
        }
    }
    return idle;
}

void Publisher::release_idle() noexcept {
    if (gathered_ < std::max(release_at, kept_)) {
        return;
    }
    gathered_ = 0;
    kept_ = 0;
    stress_yield(); // a thread about to run one may name it, or see that it has ended
    heavy_fence();
    HandlerSlot* ended = take_idle<&HandlerSlot::Info::next_ended>(ended_, kept_);
    HandlerSlot* awaited = take_idle<&HandlerSlot::Info::next_awaited>(awaited_, kept_);
    // From here on the host's destructors may run, and may end other subscriptions.
    while (ended != nullptr) {
        HandlerSlot* const slot = std::exchange(ended, ended->info->next_ended);
        if (const std::shared_ptr<Topics> topics = slot->info->topics.lock()) {
            topics->remove(*slot);
        }
        slot->destroy_callable();
        SlotRef::release(slot);
    }
    while (awaited != nullptr) {
        SlotRef::release(std::exchange(awaited, awaited->info->next_awaited));
    }
    reclaim();
}

void Publisher::leave_with_care() noexcept {
    if (todo_ >= one_nested) {
        todo_ -= one_nested;
        if ((todo_ & ending) != 0) {
            release_idle();
        }
        return;
    }
    const bool borrowed_one = (todo_ & borrowed) != 0;
    gathered_ = 0;
    kept_ = 0;
    todo_ = 0; // a destructor may dispatch, which must not give back what is in use here
    // First what this thread has to end, because others may wait for it.
    while (finish_first_ended() || await_first_awaited()) {
    }
    todo_ = 0;
    if (borrowed_one) {
        Lease::give_back();
    }
}

void tell_those_who_wait(Frame& frame) noexcept {
    frame.asked = false;
    shared().changes.fetch_add(1);
    shared().changes.notify_all();
}

void retire(SnapshotList& snapshots) noexcept {
    std::size_t waiting = 0;
    {
        const std::lock_guard lock{shared().retired_mutex};
        shared().retired.take(snapshots);
        waiting = shared().retired.size();
    }
    if (waiting >= reclaim_at) {
        reclaim();
    }
}

void reclaim() noexcept {
    SnapshotList unused; // freed last, after the lock: destructors of the host may run
    const std::lock_guard lock{shared().retired_mutex};
    if (shared().retired.size() == 0) {
        return;
    }
    // These snapshots are in no topic any more. If a thread found one before, it has since named
    // it in a frame. That side fences lightly, and this side heavily. The fence must come here,
    // because others may have retired some just before.
    stress_yield(); // a thread that found one may name it, or notice that it was retired
    heavy_fence();
    std::vector<const Snapshot*>& in_use = shared().in_use;
    in_use.clear();
    Publisher::for_each_frame([&](Frame& frame) {
        if (const Snapshot* const snapshot = frame.snapshot.load()) {
            in_use.push_back(snapshot);
        }
    });
    stress_yield(); // from here on no thread may find one that no frame names
    std::sort(in_use.begin(), in_use.end());
    SnapshotList retired;
    retired.take(shared().retired);
    while (Snapshot::Owner snapshot = retired.pop()) {
        const bool used = std::binary_search(in_use.begin(), in_use.end(), snapshot.get());
        (used ? shared().retired : unused).push(std::move(snapshot));
    }
}

namespace {

/// Works in the host's own loop, because the handler may wait for what only this thread can do.
void work_until_not_running(const HandlerSlot& slot, const Dispatcher::Wait& wait) noexcept {
    wait([&slot] {
        heavy_fence();
        return !Publisher::runs(slot);
    });
}

void sleep_until_not_running(const HandlerSlot& slot) noexcept {
    for (;;) {
        const std::uint32_t seen = shared().changes.load();
        stress_yield(); // the thread that runs it may move on before it is asked
        heavy_fence();
        if (!Publisher::ask_those_who_run(slot)) {
            return;
        }
        stress_yield(); // ... or after it was asked, and may have reported already
        // If a thread moved on before it was asked, this is seen now.
        heavy_fence();
        if (!Publisher::ask_those_who_run(slot)) {
            return;
        }
        stress_yield(); // a report between the last look and the sleep must not be missed
        shared().changes.wait(seen);
    }
}

} // namespace

void wait_until_not_running(const HandlerSlot& slot) noexcept {
    stress_yield(); // the thread that runs it may move on before it is asked
    heavy_fence();
    if (!Publisher::runs(slot)) {
        return;
    }
    const std::shared_ptr<Topics> topics = slot.info->topics.lock();
    WorkerScope::tell_waits(true); // the handler may wait for room in the mailbox of this step
    if (topics && topics->wait()) {
        work_until_not_running(slot, topics->wait());
    } else {
        sleep_until_not_running(slot);
    }
    WorkerScope::tell_waits(false);
}

void finish_ending(const SlotRef& slot) noexcept {
    if (const std::shared_ptr<Topics> topics = slot->info->topics.lock()) {
        topics->remove(*slot);
    }
    Publisher* const publisher = Publisher::current_if_any();
    if (publisher != nullptr && publisher->dispatching()) {
        publisher->end_later(slot);
        publisher->release_idle();
        return;
    }
    wait_until_not_running(*slot);
    reclaim();
    slot->destroy_callable();
}

void await_ending(const SlotRef& slot) noexcept {
    Publisher* const publisher = Publisher::current_if_any();
    if (publisher != nullptr && publisher->dispatching()) {
        publisher->await_later(slot);
        return;
    }
    wait_until_not_running(*slot);
}

} // namespace bus::detail
