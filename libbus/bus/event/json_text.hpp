#pragma once

#include <string>

namespace bus {

/// A member that holds any JSON value as text: `{"code":7}`, `"text"`, `12.50`. Numbers keep their
/// digits as written; blanks between the tokens go. Empty text stands for `null`: it is written so,
/// and `null` is read as empty text. Text that is no JSON is refused when it is written.
struct JsonText {
    std::string text{};
    friend bool operator==(const JsonText&, const JsonText&) = default;
};

} // namespace bus
