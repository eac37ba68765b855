#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace bus::detail {

/// The life of this process, in a word that is 0 again in a child of fork(): the kernel wipes it,
/// or a fork handler does. Lives are numbered from 1 on along a line of descent.
struct ProcessLife {
    std::uint32_t number = 0;
    pid_t process = 0;

    /// Of this process.
    static ProcessLife current() noexcept;

    /// Its number, 0 in a child that has made nothing yet.
    [[nodiscard]] static std::uint32_t number_now() noexcept {
        return word.load(std::memory_order_relaxed)->load(std::memory_order_relaxed);
    }

private:
    static ProcessLife begin() noexcept;

    static constinit std::atomic<std::uint32_t> before_any;
    static constinit std::atomic<std::atomic<std::uint32_t>*> word;
};

/// The process in which an object was made. fork() leaves a copy of the object in the child, whose
/// threads are gone and whose locks may be held by one of them: it can only be left alone there.
/// Members of this type cost two loads to make and two to ask. Thread safe.
class HomeProcess {
public:
    HomeProcess() noexcept : life_{ProcessLife::current()} {}

    /// False in a child of fork().
    [[nodiscard]] bool here() const noexcept { return life_.number == ProcessLife::number_now(); }

    /// Throws std::logic_error in any other process. `what` begins its sentence, as `a bus`.
    void check(const char* what) const {
        if (!here()) [[unlikely]] {
            refuse(what);
        }
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
