#pragma once

#include <bus/event/domain_event.hpp>
#include <bus/event/failure.hpp>
#include <bus/runtime/runtime.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace bus {

/// Writes a line to standard error in one call, with "libbus: " before it.
void say_on_stderr(std::string_view line);

/// Writes one line for each failure that no observer hears of: see BusOptions::unheard. It writes
/// at most ten lines a second; then one line says how many were left out. Thread safe.
class Unheard : public std::enable_shared_from_this<Unheard> {
public:
    /// Writes a line.
    using Say = std::function<void(std::string_view line)>;

    /// `say` writes a line. If it is empty, nothing is written.
    Unheard(Runtime& runtime, Say say) : runtime_{runtime}, say_{std::move(say)} {}

    /// Writes that a handler threw.
    void handler_failed(const DomainEvent& event, std::string_view handler,
                        const std::exception_ptr& error) noexcept;
    /// Writes that on_given_up of an agent threw.
    void giving_up_failed(const DomainEvent& event, std::string_view agent,
                          const Failure& failure) noexcept;
    /// Writes that an agent gave up on an event.
    void gave_up(const DomainEvent& event, std::string_view agent, const Failure& failure) noexcept;
    /// Writes about trouble.
    void trouble(std::string_view what) noexcept;

    /// Writes how many lines were left out, if any. After that the runtime is not used any more.
    void end() noexcept;

private:
    template <class Make>
    void attempt(Make make) noexcept;
    void add(std::string line) noexcept;
    void say(std::string_view line) noexcept;
    [[nodiscard]] std::optional<std::string> take_left_out();
    void end_second() noexcept;

    Runtime& runtime_;
    const Say say_;
    std::mutex mutex_;                 ///< guards what follows
    std::optional<SteadyTime> second_; ///< the beginning of the current second
    unsigned said_ = 0;                ///< lines written in it
    std::uint64_t left_out_ = 0;
    bool told_where_ = false;
    bool ended_ = false;
};

} // namespace bus
