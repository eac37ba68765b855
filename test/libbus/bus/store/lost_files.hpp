#pragma once

#include <bus/bus.hpp>
#include <bus/observers.hpp>

#include "backends.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A host whose files are taken away.
namespace test {

struct PingEvent : bus::Event<PingEvent> {
    std::string id;
};
BUS_DESCRIBE_EVENT(PingEvent, (id), bus::aggregate_id<&PingEvent::id>)

class CountingAgent : public bus::Agent {
public:
    CountingAgent() : Agent{"counter"} {
        on<PingEvent>([](const PingEvent&, bus::Context& context) {
            context.set_state("n", context.state<std::int64_t>("n").value_or(0) + 1);
        });
    }
};

/// A bus with an agent on a store, and the trouble that its observers receive.
class LosingHost {
public:
    explicit LosingHost(const std::filesystem::path& path, bus::BusOptions options = {}) {
        store = bus::SqliteStore::open({.path = path});
        options.store = store;
        bus.emplace(std::move(options));
        observers.emplace(*bus);
        observers->trouble.connect([this](std::string_view what) {
            const std::lock_guard lock{mutex_};
            troubles_.emplace_back(what);
        });
        bus->emplace<CountingAgent>();
    }

    void publish(int count) {
        for (int i = 0; i < count; ++i) {
            bus->publish(PingEvent{{}, "a" + std::to_string(i % 3)});
        }
    }

    /// The message of a failed publish; empty if it works.
    std::string refusal() {
        try {
            publish(1);
        } catch (const bus::StoreLost& lost) {
            return lost.what();
        }
        return {};
    }

    bus::StopReport stop() {
        bus::StopReport report = bus->stop(bus::Stop::drain, std::chrono::seconds{10});
        observers.reset();
        bus.reset();
        store.reset();
        return report;
    }

    std::vector<std::string> troubles() {
        const std::lock_guard lock{mutex_};
        return troubles_;
    }

    std::shared_ptr<bus::SqliteStore> store;
    std::optional<bus::Bus> bus;
    std::optional<bus::Observers> observers;

private:
    std::mutex mutex_;
    std::vector<std::string> troubles_;
};

inline std::string content_of(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// How many events a store has; it must be whole.
inline std::size_t events_in(const std::filesystem::path& path) {
    const auto findings = bus::verify({.path = path}).findings;
    if (!findings.empty()) {
        throw bus::StoreError{path.string() + ": " + findings.front().what};
    }
    const auto store = bus::SqliteStore::open({.path = path, .read_only = true});
    return store->read(0, 10'000).size();
}

inline std::filesystem::path operator+(const std::filesystem::path& path, const char* end) {
    return std::filesystem::path{path}.concat(end);
}

} // namespace test
