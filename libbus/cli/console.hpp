#pragma once

#include <bus/runtime/environment.hpp>

#include <cli/terminal/look.hpp>

#include <istream>
#include <string>
#include <string_view>

namespace bus::cli {

/// Everything outside the store that a command uses: its output and input, the time, and whether
/// the user wants it to end. Not thread safe.
class Console {
public:
    Console() = default;
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    virtual ~Console() = default;

    /// Writes to standard output; the text may stay in a buffer. Throws OutputError, ReaderGone.
    virtual void out(std::string_view text) = 0;
    /// Writes to standard error at once, after flushing the output. Throws as out() does.
    virtual void err(std::string_view text) = 0;
    /// Writes the buffered output. Throws as out() does.
    virtual void flush() = 0;
    virtual std::istream& in() = 0;

    [[nodiscard]] virtual terminal::Look out_look() const = 0;
    [[nodiscard]] virtual terminal::Look err_look() const = 0;

    virtual Timestamp now() = 0;
    /// Waits for about this time, or less if the user wants to end. Throws ReaderGone.
    virtual void pause(Duration time) = 0;
    /// From now on the first SIGINT or SIGTERM only sets interrupted(); the second ends the
    /// process.
    virtual void watch_interrupts() = 0;
    /// Whether a SIGINT or SIGTERM has come since watch_interrupts().
    [[nodiscard]] virtual bool interrupted() = 0;
};

/// The console of this process. There may be only one at a time.
class SystemConsole final : public Console {
public:
    /// Finds out from the environment and the terminal how to print.
    SystemConsole();
    /// Writes the buffered output and ignores errors. Call flush() before, to learn about them.
    ~SystemConsole() override;

    void out(std::string_view text) override;
    void err(std::string_view text) override;
    void flush() override;
    std::istream& in() override;

    [[nodiscard]] terminal::Look out_look() const override { return out_look_; }

    [[nodiscard]] terminal::Look err_look() const override { return err_look_; }

    Timestamp now() override;
    void pause(Duration time) override;
    void watch_interrupts() override;
    [[nodiscard]] bool interrupted() override;

private:
    std::string buffer_;
    bool out_is_open_ = true;
    terminal::Look out_look_;
    terminal::Look err_look_;
};

} // namespace bus::cli
