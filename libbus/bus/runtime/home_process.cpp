#include <bus/runtime/home_process.hpp>
#include <bus/runtime/internal/system.hpp>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

namespace bus::detail {

constinit std::atomic<ProcessLife::Word> ProcessLife::before_any{0};
constinit std::atomic<std::atomic<ProcessLife::Word>*> ProcessLife::word{&before_any};

/// All listeners, and what happens around a fork. Never destroyed: a process may call fork() at any
/// time, even while it ends.
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
        mutex.unlock(); // this thread locked it before the fork
    }
};

namespace {

using Word = ProcessLife::Word;

/// How many lives there have been in this process and the processes that it descends from.
constinit std::atomic<Word> lives{0};
constinit std::atomic<std::int64_t> process_of_life{0};

constexpr const char* of_other_copy =
    " of one copy of libbus is used by another: this process holds several, which know nothing of "
    "each other's event types; link them all with one shared libbus, or let only the program link "
    "it";

/// The word of the life with this number, for this copy's page.
Word life_of(Word number, const void* here) noexcept {
    Word life = reinterpret_cast<Word>(here) & ~ProcessLife::numbers;
    life |= number & 0xfffU;
    if constexpr (sizeof(Word) == 8) {
        life |= number >> 12U << 48U;
    }
    return life;
}

/// Makes a word that the kernel clears in children (since Linux 4.14). If the kernel cannot, the
/// fork handler does it.
std::atomic<Word>& make_word() noexcept {
    void* const page = internal::map_page_wiped_in_children();
    if (page == nullptr) {
        static constinit std::atomic<Word> plain{0};
        return plain;
    }
    return *::new (page) std::atomic<Word>{0};
}

/// An object that is left behind in a child permanently.
struct LeftBehind {
    void* object = nullptr;
    LeftBehind* next = nullptr;
};

constinit std::atomic<LeftBehind*> left_behind{nullptr};

} // namespace

ProcessLife ProcessLife::current() noexcept {
    const Word number = number_now();
    if (number == 0) [[unlikely]] {
        return begin();
    }
    return {number, process_of_life.load(std::memory_order_relaxed)};
}

ProcessLife ProcessLife::begin() noexcept {
    ForkListeners& listeners = ForkListeners::all();
    static std::atomic<Word>& made = []() -> std::atomic<Word>& {
        std::atomic<Word>& fresh = make_word();
        word = &fresh;
        internal::around_fork([] { ForkListeners::all().mutex.lock(); },
                              [] { ForkListeners::all().mutex.unlock(); },
                              [] {
                                  *word.load() = 0;
                                  ForkListeners::all().tell_child();
                              });
        return fresh;
    }();
    const std::lock_guard lock{listeners.mutex};
    if (made == 0) {
        process_of_life = internal::process_id();
        made = life_of(++lives, &word);
    }
    return {made, process_of_life};
}

void HomeProcess::refuse(const char* what) const {
    if (!of_this_copy()) {
        throw std::logic_error{std::string{what} + of_other_copy};
    }
    throw std::logic_error{std::string{what} +
                           " does not survive fork(): this one was made in process " +
                           std::to_string(life_.process) + " and is called in process " +
                           std::to_string(internal::process_id()) +
                           "; make it after fork() or daemon(), in the process that uses it"};
}

void HomeProcess::end_in_other_copy(const char* what) const noexcept {
    if (!of_this_copy()) {
        static_cast<void>(std::fprintf(stderr, "libbus: %s%s\n", what, of_other_copy));
        std::abort();
    }
}

void HomeProcess::end_process() const noexcept {
    constexpr int internal_error = 70; // EX_SOFTWARE of sysexits.h
    static_cast<void>(
        std::fprintf(stderr,
                     "libbus: a handler on a worker of process %ld has called fork() and has "
                     "returned in the child (process %ld), where there is no bus: the child ends "
                     "here; let it call _exit() or exec() in the handler\n",
                     static_cast<long>(life_.process), static_cast<long>(internal::process_id())));
    internal::end_process_now(internal_error);
}

ForkListener::ForkListener() noexcept {
    static_cast<void>(ProcessLife::current()); // sets up the fork handlers
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
        static_cast<void>(object); // it is left behind nevertheless, but not reachable
    }
}

} // namespace bus::detail
