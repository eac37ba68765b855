#include "test/libbus/bus/event/plugins/own_copy.hpp"
#include "test/libbus/bus/event/plugins/plugin.hpp"
#include "test/libbus/bus/event/plugins/upcasters.hpp"
#include <bus/event/codec.hpp>
#include <bus/event/internal/libbus_copies.hpp>
#include <bus/store/memory_store.hpp>

#include <boost/test/unit_test.hpp>
#include <dlfcn.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

using plugged::PluggedEvent;

namespace {

/// The plugin that has its upcasters knows the type only by its EventType.
struct GrownEvent : bus::Event<GrownEvent> {
    std::string third;
};
BUS_DESCRIBE_EVENT(GrownEvent, (third), bus::version(3))

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

BOOST_AUTO_TEST_CASE(D22_a_type_is_the_same_in_all_shared_libraries_of_a_process) {
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

BOOST_AUTO_TEST_CASE(D32_the_types_of_a_plugin_outlive_its_dlclose) {
    std::vector<bus::EventRecord> records;
    {
        void* const library = open(CLOSED_PLUGIN);
        const auto& plugin = *static_cast<const plugged::Plugin*>(dlsym(library, "plugin"));
        bus::Bus bus;
        const auto keeps = bus.subscribe<bus::DomainEvent>(
            [&](const bus::DomainEvent& event) { records.push_back(bus::encode(event)); });
        plugin.publish(bus);
        plugin.publish_own(bus);
        BOOST_TEST(plugin.hidden_type().name() == "closed.HiddenEvent");
        BOOST_TEST(dlclose(library) == 0);
    }
    BOOST_TEST_REQUIRE(records.size() == 2U);
    BOOST_TEST(bus::decode(records[0])->type().name() == "PluggedEvent");
    const auto own = bus::decode(records[1]);
    BOOST_TEST(own->type().name() == "closed.OwnEvent");
    BOOST_TEST(bus::encode(*own).data == records[1].data);
    // A type of which no event was read before.
    const bus::EventType* const hidden = bus::find_event_type("closed.HiddenEvent");
    BOOST_TEST_REQUIRE(hidden != nullptr);
    bus::EventRecord record = records[1];
    record.event_type = "closed.HiddenEvent";
    record.data = "{\"number\":7}";
    BOOST_TEST(bus::encode(*bus::decode(record)).data == record.data);
    std::string names;
    for (const bus::EventType* type : bus::known_event_types()) {
        names.append(type->name()).append(type->cpp_name()).append(";");
    }
    BOOST_TEST(names.find("closed.OwnEvent") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(D32_the_upcasters_of_a_plugin_outlive_its_dlclose) {
    {
        void* const library = open(UPCASTERS_PLUGIN);
        const auto& add = *static_cast<const plugged::AddUpcasters*>(dlsym(library, "add"));
        add(bus::event_type<GrownEvent>());
        BOOST_TEST(dlclose(library) == 0);
    }
    bus::EventRecord record = bus::encode(GrownEvent{});
    record.event_version = 1;
    record.data = R"({"first":"a"})";
    BOOST_TEST(bus::event_cast<GrownEvent>(*bus::decode(record))->third == "a, changed twice");
}

BOOST_AUTO_TEST_CASE(D32_a_plugin_may_be_opened_and_closed_again_and_again_by_several_threads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([] {
            for (int round = 0; round < 50; ++round) {
                void* const library = open(CLOSED_BESIDE);
                const auto& plugin = *static_cast<const plugged::Plugin*>(dlsym(library, "plugin"));
                bus::Bus bus;
                plugin.publish_own(bus);
                dlclose(library);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(bus::find_event_type("closed_beside.OwnEvent") != nullptr);
}

BOOST_AUTO_TEST_CASE(D22_a_second_copy_of_libbus_in_the_process_is_noticed) {
    const auto copies = [] { return bus::internal::libbus_copies(); };
    const std::size_t before = copies().size();
    BOOST_TEST(before == 1U);
    open(COPY_OF_LIBBUS);
    BOOST_TEST_REQUIRE(copies().size() == before + 1);
    const std::string file{COPY_OF_LIBBUS};
    const auto found = copies();
    BOOST_TEST((std::find(found.begin(), found.end(), file) != found.end()));
}

// These cases come last: from here on the process holds a second copy.
BOOST_AUTO_TEST_CASE(D22_a_bus_and_objects_of_another_copy_of_libbus_are_refused_to_each_other) {
    const auto& plugin =
        *static_cast<const plugged::OwnCopy*>(dlsym(open(OWN_COPY_PLUGIN), "own_copy"));
    BOOST_TEST(plugin.use_own_bus() == "agent one handler two ");
    if (plugin.shares_libbus) {
        return;
    }
    const auto of_other_copy = [](const std::logic_error& error) {
        const std::string what = error.what();
        return what.find("belongs to another copy of libbus") != std::string::npos ||
               what.find("of one copy of libbus is used by another") != std::string::npos;
    };
    bus::Bus bus;
    int heard = 0;
    const auto all = bus.subscribe<bus::DomainEvent>([&](const bus::DomainEvent&) { ++heard; });
    BOOST_CHECK_EXCEPTION(plugin.publish(bus), std::logic_error, of_other_copy);
    BOOST_CHECK_EXCEPTION(plugin.subscribe(bus), std::logic_error, of_other_copy);
    BOOST_CHECK_EXCEPTION(plugin.add(bus), std::logic_error, of_other_copy);
    BOOST_CHECK_EXCEPTION(bus.add(plugin.make_agent()), std::logic_error, of_other_copy);
    BOOST_CHECK_EXCEPTION(bus.publish(*plugin.make_event()), std::logic_error, of_other_copy);
    BOOST_CHECK_EXCEPTION(plugin.take(PluggedEvent{}), std::logic_error, of_other_copy);
    BOOST_TEST(heard == 0);
    bus.publish(PluggedEvent{});
    BOOST_TEST(heard == 1);
    // Also if the bus knows the type and has handlers for it.
    BOOST_CHECK_EXCEPTION(bus.publish(*plugin.make_event()), std::logic_error, of_other_copy);
    BOOST_TEST(heard == 1);
    const auto store = std::make_shared<bus::MemoryStore>();
    bus::Bus keeping{{.store = store}};
    BOOST_CHECK_EXCEPTION(keeping.publish(*plugin.make_event()), std::logic_error, of_other_copy);
    BOOST_TEST(store->last_position() == 0U);
}

BOOST_AUTO_TEST_CASE(D22_a_plugin_with_a_copy_of_its_own_may_be_closed_and_opened_again) {
    bus::Bus bus;
    int heard = 0;
    const auto handler = bus.subscribe<PluggedEvent>([&](const PluggedEvent&) { ++heard; });
    const std::size_t copies = bus::internal::libbus_copies().size();
    const plugged::OwnCopy* first = nullptr;
    for (int round = 0; round < 3; ++round) {
        void* const library = open(OWN_COPY_PLUGIN);
        const auto& plugin = *static_cast<const plugged::OwnCopy*>(dlsym(library, "own_copy"));
        BOOST_TEST(plugin.use_own_bus() == "agent one handler two ");
        BOOST_TEST(dlclose(library) == 0);
        // What its copy has registered and started stays valid, because its file stays loaded.
        first = first == nullptr ? &plugin : first;
        BOOST_TEST(&plugin == first);
        BOOST_TEST(first->use_own_bus() == "agent one handler two ");
        bus.publish(PluggedEvent{});
    }
    BOOST_TEST(heard == 3);
    BOOST_TEST(bus::internal::libbus_copies().size() == copies);
}

BOOST_AUTO_TEST_SUITE_END()
