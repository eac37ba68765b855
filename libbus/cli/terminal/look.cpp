#include <cli/terminal/look.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace bus::terminal {

namespace {

std::string_view environment(const char* name) noexcept {
    const char* value = std::getenv(name);
    return value != nullptr ? std::string_view(value) : std::string_view();
}

bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value(environment(name));
        if (value.empty())
            continue;
        std::transform(value.begin(), value.end(), value.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
    return false;
}

/// What COLUMNS says; 0: nothing useful.
int columns_of_environment() noexcept {
    const std::string_view columns = environment("COLUMNS");
    int width = 0;
    const auto [end, error] =
        std::from_chars(columns.data(), columns.data() + columns.size(), width);
    const bool whole = error == std::errc() && end == columns.data() + columns.size();
    return whole && width > 0 ? width : 0;
}

const char* code_of(Colour colour) noexcept {
    switch (colour) {
    case Colour::red: return "31";
    case Colour::green: return "32";
    case Colour::yellow: return "33";
    case Colour::blue: return "34";
    case Colour::grey: return "90";
    case Colour::bold: return "1";
    case Colour::none: break;
    }
    return "0";
}

} // namespace

bool is_terminal(std::FILE* stream) noexcept {
    return stream != nullptr && ::isatty(::fileno(stream)) == 1;
}

int terminal_width(std::FILE* stream) noexcept {
    winsize size{};
    if (stream != nullptr && ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const int width = columns_of_environment();
    return width > 0 ? width : 80;
}

Look look_of(std::FILE* stream) {
    if (!is_terminal(stream))
        return {};
    Look look;
    look.terminal = true;
    look.colours = environment("NO_COLOR").empty() && environment("TERM") != "dumb";
    look.utf8 = locale_is_utf8();
    look.width = terminal_width(stream);
    return look;
}

Look forced_look(Look look) {
    look.colours = true;
    look.utf8 = locale_is_utf8();
    if (look.width == 0)
        look.width = columns_of_environment();
    return look;
}

std::string paint(std::string_view text, Colour colour, const Look& look) {
    if (!look.colours || colour == Colour::none)
        return std::string(text);
    return std::string("\x1b[") + code_of(colour) + "m" + std::string(text) + "\x1b[0m";
}

} // namespace bus::terminal
