#include <bus/event/codec.hpp>
#include <bus/event/internal/compact_json.hpp>
#include <bus/event/internal/pinned_files.hpp>
#include <bus/event/internal/spelt_numbers.hpp>
#include <bus/event/upcast.hpp>

namespace bus {

std::function<std::string(std::string_view)>
json_upcaster(std::function<void(boost::json::object& data)> change) {
    internal::keep_loaded(change);
    return [change = std::move(change)](std::string_view data) {
        internal::SpeltNumbers spelt;
        boost::json::value value = spelt.parse(data);
        if (!value.is_object()) {
            throw CodecError{{}, "expected an object"};
        }
        change(value.get_object());
        std::string out;
        spelt.write(value, out);
        return out;
    };
}

void upcast(const EventType& type, std::uint32_t version,
            std::function<void(boost::json::object& data)> change) {
    set_upcaster(type, version, json_upcaster(std::move(change)));
}

} // namespace bus
