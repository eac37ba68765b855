#include "test/libbus/bus/event/plugins/upcasters.hpp"

#include <bus/event/upcast.hpp>

namespace {

std::string from_second(std::string_view data) {
    std::string text{data};
    text.replace(text.find("second"), 6, "third");
    return text.replace(text.find("once"), 4, "twice");
}

} // namespace

extern "C" [[gnu::visibility("default")]] const plugged::AddUpcasters add;

const plugged::AddUpcasters add = [](const bus::EventType& type) {
    bus::upcast(type, 1, [](boost::json::object& data) {
        data["second"] = std::string{data.at("first").as_string()} + ", changed once";
        data.erase("first");
    });
    bus::set_upcaster(type, 2, from_second);
};
