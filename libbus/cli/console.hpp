#pragma once

#include <bus/runtime/environment.hpp>

#include <cli/terminal/look.hpp>

#include <istream>
#include <string>
#include <string_view>

namespace bus::cli {

/// All that a command sees of the world but the store: where it prints and reads, the time, and
/// whether the user wants it to end. Not thread safe.
class Console {
public:
    Console() = default;
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    virtual ~Console() = default;

    /// Writes to standard output, sooner or later. Throws OutputError, ReaderGone.
    virtual void out(std::string_view text) = 0;
    /// Writes to standard error, at once, after all that out() was given.
    virtual void err(std::string_view text) = 0;
    /// Returns when all that out() was given is written. Throws as out() does.
    virtual void flush() = 0;
    virtual std::istream& in() = 0;

    [[nodiscard]] virtual terminal::Look out_look() const = 0;
    [[nodiscard]] virtual terminal::Look err_look() const = 0;

    virtual Timestamp now() = 0;
    /// Lets about so much time pass; less where the user wants to end. Throws ReaderGone.
    virtual void pause(Duration time) = 0;
    /// From now on SIGINT and SIGTERM are noted and end nothing by themselves; a second one does.
    virtual void watch_interrupts() = 0;
    [[nodiscard]] virtual bool interrupted() = 0;
};

/// The console of this process. One at a time.
class SystemConsole final : public Console {
public:
    /// Reads the environment for how to print.
    SystemConsole();
    /// Writes what is left, without a word where that fails: flush() before.
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
