#include <bus/event/internal/versioned_text.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

namespace bus::internal {

bool is_rewritten_state(std::string_view json) {
    // Few texts have the word: only these are parsed.
    if (json.find("version\"") == std::string_view::npos ||
        json.find("state\"") == std::string_view::npos) {
        return false;
    }
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(json, error);
    const boost::json::object* const object = error ? nullptr : value.if_object();
    return object != nullptr && object->size() == 2 && object->contains("$version") &&
           object->contains("state");
}

} // namespace bus::internal
