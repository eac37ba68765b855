#pragma once

#include <string>

namespace bus {

/// A member that holds any JSON value as text: `{"code":7}`, `"text"`, `12.50`. Numbers keep their
/// digits as written; blanks between the tokens are removed. Empty text stands for `null`, both
/// when it is written and when it is read. If the text is not JSON, writing it throws CodecError.
struct JsonText {
    std::string text{}; ///< one JSON value, or empty for `null`
    friend bool operator==(const JsonText&, const JsonText&) = default;
};

} // namespace bus
