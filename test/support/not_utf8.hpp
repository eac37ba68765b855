#pragma once

#include <array>
#include <string>
#include <string_view>

/// Texts that are not UTF-8, and texts that only look so.
namespace test {

struct BadText {
    std::string_view text;
    std::size_t offset; ///< of the first bad byte
};

using namespace std::string_view_literals;

inline constexpr std::array bad_texts{
    BadText{"caf\xe9"sv, 3},                        // Latin-1
    BadText{"\xff"sv, 0},                           //
    BadText{"a\0b\xfe"sv, 3},                       // behind a NUL
    BadText{"12345678\x80 continues nothing"sv, 8}, // behind eight of ASCII
    BadText{"\xc3"sv, 0},                           // cut off
    BadText{"\xe2\x82"sv, 0},                       //
    BadText{"Gr\xc3\xb6\xc3\x9f"
            "e \xf0\x9f\x98"sv,
            8},                               //
    BadText{"\xc0\x80"sv, 0},                 // NUL, longer than needed
    BadText{"\xe0\x80\xaf"sv, 0},             // a slash, longer than needed
    BadText{"\xed\xa0\x80\xed\xb0\x80"sv, 0}, // surrogates
    BadText{"\xf4\x90\x80\x80"sv, 0},         // behind U+10FFFF
};

/// All of them UTF-8.
inline constexpr std::array odd_texts{""sv,
                                      "a\0b"sv,
                                      "\0"sv,
                                      "\x1b[31mred\x07\r\n"sv,
                                      "'; DROP TABLE events;--"sv,
                                      "\"\\/"sv,
                                      "\x7f"sv,
                                      "\xc2\x80 C1, \xe2\x80\xae bidi"sv,
                                      "\xef\xbf\xbf\xef\xbb\xbf"sv,
                                      "\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"sv};

} // namespace test
