#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace bus::detail {

/// The life of this process as this copy of libbus sees it, in a word that is 0 again in a child of
/// fork(): the kernel wipes it, or a fork handler does. It is the address of a page that only this
/// copy has, and in the bits that such an address leaves free the number of the life: these count
/// along a line of descent.
struct ProcessLife {
    using Word = std::uintptr_t;
    static_assert(std::atomic<Word>::is_always_lock_free);

    /// The bits that the address of a page leaves free: 4,096 lives with 32 bits, else 268 million.
    static constexpr Word numbers =
        sizeof(Word) == 8 ? static_cast<Word>(0xffff'0000'0000'0fff) : Word{0xfff};

    Word number = 0;
    pid_t process = 0;

    /// Of this process.
    static ProcessLife current() noexcept;

    /// Its number, 0 in a child that has made nothing yet.
    [[nodiscard]] static Word number_now() noexcept {
        return word.load(std::memory_order_relaxed)->load(std::memory_order_relaxed);
    }

    /// Whether this copy of libbus has made what has this life, and not another one of the process.
    [[nodiscard]] bool of_this_copy() const noexcept {
        return ((number ^ reinterpret_cast<Word>(&word)) & ~numbers) == 0;
    }

private:
    static ProcessLife begin() noexcept;

    static constinit std::atomic<Word> before_any;
    static constinit std::atomic<std::atomic<Word>*> word;
};

/// The process and the copy of libbus in which an object was made. fork() leaves a copy of the
/// object in the child, whose threads are gone and whose locks may be held by one of them: it can
/// only be left alone there. A second copy of libbus, in a plugin that was linked with one of its
/// own, knows nothing of the first one's event types and threads, and must leave it alone too.
/// Members of this type cost two loads to make and two to ask. Thread safe.
class HomeProcess {
public:
    HomeProcess() noexcept : life_{ProcessLife::current()} {}

    /// False in a child of fork(), and in another copy of libbus.
    [[nodiscard]] bool here() const noexcept { return life_.number == ProcessLife::number_now(); }

    /// Throws std::logic_error in any other process or copy. `what` begins its sentence, as `a
    /// bus`.
    void check(const char* what) const {
        if (!here()) [[unlikely]] {
            refuse(what);
        }
    }

    /// False in another copy. Costs a load.
    [[nodiscard]] bool of_this_copy() const noexcept { return life_.of_this_copy(); }

    /// Throws std::logic_error in another copy only.
    void check_copy(const char* what) const {
        if (!of_this_copy()) [[unlikely]] {
            refuse(what);
        }
    }

    /// For a destructor, which does nothing in a child: false there. Ends a program in which
    /// another copy destroys the object, and says so: what the object holds would go on without it.
    [[nodiscard]] bool destroyed_here(const char* what) const noexcept {
        if (here()) [[likely]] {
            return true;
        }
        end_in_other_copy(what);
        return false;
    }

    /// For a thread that runs tasks of the object: ends a child in which a task has returned that
    /// had forked. There is no caller whom an exception could reach, and the next lock may never
    /// be free.
    void end_child_worker() const noexcept {
        if (!here()) [[unlikely]] {
            end_process();
        }
    }

    [[nodiscard]] pid_t id() const noexcept { return life_.process; }

private:
    [[noreturn, gnu::cold]] void refuse(const char* what) const;
    [[gnu::cold]] void end_in_other_copy(const char* what) const noexcept;
    [[noreturn, gnu::cold]] void end_process() const noexcept;

    ProcessLife life_;
};

/// Told in the child of each fork(), before fork() returns there; not where a process forks by a
/// system call of its own. It must do no more than a signal handler may.
class ForkListener {
public:
    ForkListener() noexcept;
    ForkListener(const ForkListener&) = delete;
    ForkListener& operator=(const ForkListener&) = delete;
    virtual ~ForkListener();

    virtual void in_child() noexcept = 0;

private:
    friend struct ForkListeners;

    ForkListener* previous_ = nullptr;
    ForkListener* next_ = nullptr;
};

/// Keeps what a child must not destroy, where leak checkers find it.
void leave_behind(void* object) noexcept;

/// The same of what its owner gives up.
template <class T>
void leave_behind(std::unique_ptr<T>&& object) noexcept {
    leave_behind(static_cast<void*>(object.release()));
}

} // namespace bus::detail
