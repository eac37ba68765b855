#include <bus/runtime/home_process.hpp>

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

namespace bus::detail {

constinit std::atomic<std::uint32_t> ProcessLife::before_any{0};
constinit std::atomic<std::atomic<std::uint32_t>*> ProcessLife::word{&before_any};

/// All listeners, and what happens around a fork. Never destroyed: a process may fork as late as
/// it likes.
struct ForkListeners {
    std::mutex mutex;
    ForkListener* first = nullptr;

    static ForkListeners& all() noexcept {
        static ForkListeners& instance = *std::make_unique<ForkListeners>().release();
        return instance;
    }

    void add(ForkListener& listener) noexcept {
        const std::lock_guard lock{mutex};
        listener.next_ = first;
        if (first != nullptr) {
            first->previous_ = &listener;
        }
        first = &listener;
    }

    void remove(ForkListener& listener) noexcept {
        const std::lock_guard lock{mutex};
        (listener.previous_ != nullptr ? listener.previous_->next_ : first) = listener.next_;
        if (listener.next_ != nullptr) {
            listener.next_->previous_ = listener.previous_;
        }
    }

    void tell_child() noexcept {
        for (ForkListener* one = first; one != nullptr; one = one->next_) {
            one->in_child();
        }
        mutex.unlock(); // this thread has locked it before the fork
    }
};

namespace {

/// How many lives there have been, along the line of descent that leads here.
constinit std::atomic<std::uint32_t> lives{0};
constinit std::atomic<pid_t> process_of_life{0};

/// A word that the kernel wipes in children (Linux 4.14). Where it cannot, the fork handler does.
std::atomic<std::uint32_t>& make_word() noexcept {
    static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
    const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const page =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        static constinit std::atomic<std::uint32_t> plain{0};
        return plain;
    }
    [[maybe_unused]] const int refused = ::madvise(page, size, MADV_WIPEONFORK);
    return *::new (page) std::atomic<std::uint32_t>{0};
}

/// What is left behind in a child, for ever.
struct LeftBehind {
    void* object = nullptr;
    LeftBehind* next = nullptr;
};

constinit std::atomic<LeftBehind*> left_behind{nullptr};

} // namespace

ProcessLife ProcessLife::current() noexcept {
    const std::uint32_t number = number_now();
    if (number == 0) [[unlikely]] {
        return begin();
    }
    return {number, process_of_life.load(std::memory_order_relaxed)};
}

ProcessLife ProcessLife::begin() noexcept {
    ForkListeners& listeners = ForkListeners::all();
    static std::atomic<std::uint32_t>& made = []() -> std::atomic<std::uint32_t>& {
        std::atomic<std::uint32_t>& fresh = make_word();
        word = &fresh;
        ::pthread_atfork([] { ForkListeners::all().mutex.lock(); },
                         [] { ForkListeners::all().mutex.unlock(); },
                         [] {
                             *word.load() = 0;
                             ForkListeners::all().tell_child();
                         });
        return fresh;
    }();
    const std::lock_guard lock{listeners.mutex};
    if (made == 0) {
        process_of_life = ::getpid();
        made = ++lives;
    }
    return {made, process_of_life};
}

void HomeProcess::refuse(const char* what) const {
    throw std::logic_error{
        std::string{what} + " does not survive fork(): this one was made in process " +
        std::to_string(life_.process) + " and is called in process " + std::to_string(::getpid()) +
        "; make it after fork() or daemon(), in the process that uses it"};
}

void HomeProcess::end_process() const noexcept {
    constexpr int internal_error = 70; // EX_SOFTWARE of sysexits.h
    static_cast<void>(
        std::fprintf(stderr,
                     "libbus: a handler on a worker of process %ld has called fork() and has "
                     "returned in the child (process %ld), where there is no bus: the child ends "
                     "here; let it call _exit() or exec() in the handler\n",
                     static_cast<long>(life_.process), static_cast<long>(::getpid())));
    ::_exit(internal_error);
}

ForkListener::ForkListener() noexcept {
    static_cast<void>(ProcessLife::current()); // the handlers are there from now on
    ForkListeners::all().add(*this);
}

ForkListener::~ForkListener() {
    ForkListeners::all().remove(*this);
}

void leave_behind(void* object) noexcept {
    try {
        auto node = std::make_unique<LeftBehind>(LeftBehind{object, left_behind.load()});
        while (!left_behind.compare_exchange_weak(node->next, node.get())) {
        }
        static_cast<void>(node.release());
    } catch (const std::bad_alloc&) {
        static_cast<void>(object); // left behind all the same, out of sight
    }
}

} // namespace bus::detail
