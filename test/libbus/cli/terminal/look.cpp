#include "test/support/needs.hpp"

#include <boost/test/unit_test.hpp>
#include <cli/terminal/look.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

using namespace bus::terminal;

namespace {

struct CloseFile {
    void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};

using File = std::unique_ptr<std::FILE, CloseFile>;

/// The user's side of a pseudo terminal, and the other side that keeps it alive.
struct PseudoTerminal {
    int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    File file;

    PseudoTerminal() {
        if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
            return;
        const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
        if (slave >= 0)
            file.reset(::fdopen(slave, "r+"));
    }

    ~PseudoTerminal() {
        if (master >= 0)
            ::close(master);
    }

    PseudoTerminal(const PseudoTerminal&) = delete;
    PseudoTerminal& operator=(const PseudoTerminal&) = delete;
};

/// Sets an environment variable while in scope; null unsets it.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* old = ::getenv(name))
            old_ = old, had_ = true;
        set(value);
    }

    ~Variable() { set(had_ ? old_.c_str() : nullptr); }

    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    void set(const char* value) const {
        if (value != nullptr) {
            ::setenv(name_, value, 1);
        } else {
            ::unsetenv(name_);
        }
    }

    const char* name_;
    std::string old_;
    bool had_ = false;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_file_is_not_a_terminal_and_gets_plain_ascii_without_limit) {
    const File file(std::tmpfile());
    BOOST_TEST(!is_terminal(file.get()));
    BOOST_TEST(!is_terminal(nullptr));
    const Look look = look_of(file.get());
    BOOST_TEST(!look.terminal);
    BOOST_TEST(!look.colours);
    BOOST_TEST(!look.utf8);
    BOOST_TEST(look.width == 0);
}

BOOST_AUTO_TEST_CASE(without_a_terminal_the_width_is_what_columns_says_or_eighty) {
    const File file(std::tmpfile());
    {
        const Variable columns("COLUMNS", "123");
        BOOST_TEST(terminal_width(file.get()) == 123);
    }
    for (const char* odd : {"", "0", "-5", "12x", "99999999999"}) {
        const Variable columns("COLUMNS", odd);
        BOOST_TEST(terminal_width(file.get()) == 80);
    }
}

BOOST_AUTO_TEST_CASE(a_terminal_shows_colours_unless_it_is_dumb_or_no_color_is_set,
                     *test::needs("a pseudo terminal",
                                  [] { return PseudoTerminal{}.file != nullptr; })) {
    const PseudoTerminal terminal;
    const Variable term("TERM", "xterm");
    const Variable no_color("NO_COLOR", nullptr);
    BOOST_TEST(look_of(terminal.file.get()).terminal);
    BOOST_TEST(look_of(terminal.file.get()).colours);
    {
        const Variable set("NO_COLOR", "1");
        BOOST_TEST(!look_of(terminal.file.get()).colours);
    }
    {
        const Variable empty("NO_COLOR", "");
        BOOST_TEST(look_of(terminal.file.get()).colours);
    }
    const Variable dumb("TERM", "dumb");
    BOOST_TEST(!look_of(terminal.file.get()).colours);
}

BOOST_AUTO_TEST_CASE(a_terminal_has_utf8_if_the_first_locale_variable_that_is_set_says_so,
                     *test::needs("a pseudo terminal",
                                  [] { return PseudoTerminal{}.file != nullptr; })) {
    const PseudoTerminal terminal;
    const Variable all("LC_ALL", nullptr);
    const Variable ctype("LC_CTYPE", nullptr);
    const Variable lang("LANG", "de_DE.UTF-8");
    BOOST_TEST(look_of(terminal.file.get()).utf8);
    const Variable plain("LC_ALL", "C");
    BOOST_TEST(!look_of(terminal.file.get()).utf8);
    const Variable modern("LC_ALL", "C.utf8");
    BOOST_TEST(look_of(terminal.file.get()).utf8);
}

BOOST_AUTO_TEST_CASE(text_is_coloured_only_if_there_are_colours) {
    BOOST_TEST(paint("x", Colour::red, {.terminal = true, .colours = true}) == "\x1b[31mx\x1b[0m");
    BOOST_TEST(paint("x", Colour::none, {.terminal = true, .colours = true}) == "x");
    BOOST_TEST(paint("x", Colour::red, {}) == "x");
}
