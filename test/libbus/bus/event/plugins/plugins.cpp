#include "test/libbus/bus/event/plugins/plugin.hpp"
#include <bus/event/internal/libbus_copies.hpp>

#include <boost/test/unit_test.hpp>
#include <dlfcn.h>

#include <algorithm>
#include <string>

using plugged::PluggedEvent;

namespace {

/// Never closed: types live as long as the process.
void* open(const char* file) {
    void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        throw std::runtime_error{dlerror()};
    }
    return library;
}

const plugged::Plugin& load(const char* file) {
    return *static_cast<const plugged::Plugin*>(dlsym(open(file), "plugin"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugins)

BOOST_AUTO_TEST_CASE(D22_a_type_is_one_in_all_shared_libraries_of_a_process) {
    const plugged::Plugin& first = load(FIRST_PLUGIN);
    const plugged::Plugin& second = load(SECOND_PLUGIN);
    BOOST_TEST(&first.shared_type() == &bus::event_type<PluggedEvent>());
    BOOST_TEST(&second.shared_type() == &bus::event_type<PluggedEvent>());
    bus::Bus bus;
    std::string heard;
    const auto handler =
        bus.subscribe<PluggedEvent>([&](const PluggedEvent& event) { heard += event.text + ' '; });
    first.publish(bus);
    second.publish(bus);
    BOOST_TEST(heard == "first second ");
}

BOOST_AUTO_TEST_CASE(D22_different_structs_of_one_name_in_two_libraries_are_two_types) {
    const plugged::Plugin& first = load(FIRST_PLUGIN);
    const plugged::Plugin& second = load(SECOND_PLUGIN);
    BOOST_TEST(&first.own_type() != &second.own_type());
    BOOST_TEST(first.own_type().cpp_name() == second.own_type().cpp_name());
    BOOST_TEST(first.own_type().name() == "first.OwnEvent");
    BOOST_TEST(second.own_type().name() == "second.OwnEvent");
    BOOST_TEST(&first.hidden_type() != &second.hidden_type());
    bus::Bus bus;
    first.publish_own(bus);
    second.publish_own(bus);
}

BOOST_AUTO_TEST_CASE(D22_a_second_copy_of_libbus_in_the_process_is_noticed) {
    const auto copies = [] { return bus::internal::libbus_copies(); };
    BOOST_TEST(copies().size() == 1U);
    open(COPY_OF_LIBBUS);
    BOOST_TEST_REQUIRE(copies().size() == 2U);
    const std::string file{COPY_OF_LIBBUS};
    const auto found = copies();
    BOOST_TEST((std::find(found.begin(), found.end(), file) != found.end()));
}

BOOST_AUTO_TEST_SUITE_END()
