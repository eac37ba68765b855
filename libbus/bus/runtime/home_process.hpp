#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace bus::detail {

/// The life of this process as this copy of libbus sees it. The life is a number in a word that is
/// 0 again in a child of fork(): the kernel clears it, or else a fork handler does. The number
/// consists of the address of a page that only this copy of libbus has and, in the bits that such
/// an address leaves free, a counter of lives. The counter goes on from parent to child.
struct ProcessLife {
    using Word = std::uintptr_t;
    static_assert(std::atomic<Word>::is_always_lock_free);

    /// The bits that the address of a page leaves free: enough for 4,096 lives on a 32-bit system,
    /// and for 268 million lives on a 64-bit one.
    static constexpr Word numbers =
        sizeof(Word) == 8 ? static_cast<Word>(0xffff'0000'0000'0fff) : Word{0xfff};

    Word number = 0;
    std::int64_t process = 0; ///< its id

    /// The present life of this process.
    static ProcessLife current() noexcept;

    /// The number of the present life; 0 in a child of fork() that has not created anything yet.
    [[nodiscard]] static Word number_now() noexcept {
        return word.load(std::memory_order_relaxed)->load(std::memory_order_relaxed);
    }

    /// Whether the object with this life was created by this copy of libbus, and not by another
    /// copy in the process.
    [[nodiscard]] bool of_this_copy() const noexcept {
        return ((number ^ reinterpret_cast<Word>(&word)) & ~numbers) == 0;
    }

private:
    static ProcessLife begin() noexcept;

    static constinit std::atomic<Word> before_any;
    static constinit std::atomic<std::atomic<Word>*> word;
};

/// The process and the copy of libbus in which an object was created. Thread safe.
///
/// fork() leaves a copy of the object in the child. The threads of that copy are gone, and one of
/// them may have held its locks. So the child must leave the object alone. A plugin may be linked
/// with a second copy of libbus, which knows nothing of the event types and threads of the first
/// copy. It must leave the object alone too. A member of this type costs two loads when it is
/// created and two at each check.
class HomeProcess {
public:
    HomeProcess() noexcept : life_{ProcessLife::current()} {}

    /// Returns false in a child of fork(), and in another copy of libbus.
    [[nodiscard]] bool here() const noexcept { return life_.number == ProcessLife::number_now(); }

    /// Throws std::logic_error in any other process or copy. `what` begins the message, for example
    /// `a bus`.
    void check(const char* what) const {
        if (!here()) [[unlikely]] {
            refuse(what);
        }
    }

    /// Returns false in another copy of libbus. Costs one load.
    [[nodiscard]] bool of_this_copy() const noexcept { return life_.of_this_copy(); }

    /// Throws std::logic_error only in another copy of libbus.
    void check_copy(const char* what) const {
        if (!of_this_copy()) [[unlikely]] {
            refuse(what);
        }
    }

    /// For a destructor, which must do nothing in a child: returns false there. If another copy of
    /// libbus destroys the object, this ends the program with a message, because what the object
    /// holds would go on without it.
    [[nodiscard]] bool destroyed_here(const char* what) const noexcept {
        if (here()) [[likely]] {
            return true;
        }
        end_in_other_copy(what);
        return false;
    }

    /// For a thread that runs tasks of the object. If a task has called fork() and has returned in
    /// the child, this ends the child: no caller could receive an exception there, and the next
    /// lock may never become free.
    void end_child_worker() const noexcept {
        if (!here()) [[unlikely]] {
            end_process();
        }
    }

    /// The id of the process in which the object was created.
    [[nodiscard]] std::int64_t id() const noexcept { return life_.process; }

private:
    [[noreturn, gnu::cold]] void refuse(const char* what) const;
    [[gnu::cold]] void end_in_other_copy(const char* what) const noexcept;
    [[noreturn, gnu::cold]] void end_process() const noexcept;

    ProcessLife life_;
};

/// Notified in the child of each fork(), before fork() returns there; not if the process forks with
/// a system call of its own. Must do no more than a signal handler may.
class ForkListener {
public:
    ForkListener() noexcept;
    ForkListener(const ForkListener&) = delete;
    ForkListener& operator=(const ForkListener&) = delete;
    virtual ~ForkListener();

    /// Called in the child.
    virtual void in_child() noexcept = 0;

private:
    friend struct ForkListeners;

    ForkListener* previous_ = nullptr;
    ForkListener* next_ = nullptr;
};

/// Keeps an object that a child must not destroy reachable, so that leak checkers do not report it.
void leave_behind(void* object) noexcept;

/// Takes the object from its owner and keeps it in the same way.
template <class T>
void leave_behind(std::unique_ptr<T>&& object) noexcept {
    leave_behind(static_cast<void*>(object.release()));
}

} // namespace bus::detail
